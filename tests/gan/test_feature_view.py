"""Principal components, channels and similarity against numpy's decompositions and literal loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gan import DragParams, DragSession, EditError
from gan.feature_view import SHOWN_DEVIATIONS, fit_basis, similarity
from gan.session_view import block_map, drag_block, handle_similarity, radii_px, stop_distance_px
from tests.gan.cases import small_generator
from tests.gan.no_host_sync import NoHostSync


def features_of(seed: int, channels: int = 24, dtype: torch.dtype = torch.float32) -> Tensor:
    """A map with a few strong directions, as networks make them, (channels, 14, 18)."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(channels, channels)) * 1.7 ** -np.arange(channels)
    values = mixing @ rng.normal(size=(channels, 14 * 18)) + rng.normal(size=(channels, 1))
    return torch.as_tensor(values.reshape(channels, 14, 18), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(5))
def test_components_are_those_of_a_singular_value_decomposition(seed: int, dtype: torch.dtype) -> None:
    features = features_of(seed, dtype=dtype)
    basis = fit_basis(features)
    flat = features.numpy().reshape(24, -1).astype(np.float64)
    centred = flat - flat.mean(axis=1, keepdims=True)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    deviations = sizes[:3] / np.sqrt(flat.shape[1])
    ours = basis.components(features).numpy().reshape(3, -1)
    signs = np.sign((left[:, :3].T * basis.axes.numpy()).sum(axis=1))
    oracle = signs[:, None] * sizes[:3, None] * right[:3] / (SHOWN_DEVIATIONS * deviations[:, None])
    np.testing.assert_allclose(basis.axis_deviations.numpy(), deviations, rtol=1e-3)
    np.testing.assert_allclose(ours, oracle, atol=5e-3)
    np.testing.assert_allclose((basis.axes @ basis.axes.T).numpy(), np.eye(3), atol=1e-5)


def test_a_channel_is_measured_in_its_own_deviations() -> None:
    features = features_of(1)
    shown = fit_basis(features).channel(features, 5)[0].numpy()
    oracle = features[5].numpy()
    oracle = (oracle - oracle.mean()) / (SHOWN_DEVIATIONS * oracle.std())
    np.testing.assert_allclose(shown, oracle, atol=1e-5)


def test_one_basis_gives_a_feature_the_same_colour_in_every_frame() -> None:
    """Also where it has moved, and what lies around it has changed."""
    features = features_of(2)
    basis = fit_basis(features)
    later = features_of(3)
    later[:, 4, 5] = features[:, 9, 2]
    before, after = basis.components(features), basis.components(later)
    torch.testing.assert_close(after[:, 4, 5], before[:, 9, 2])


def test_a_new_basis_keeps_the_signs_of_the_one_before() -> None:
    features = features_of(4)
    basis = fit_basis(features)
    for axis in range(3):
        flipped = basis.axes.clone()
        flipped[axis] *= -1
        previous = type(basis)(basis.mean, basis.deviations, flipped, basis.axis_deviations)
        similar = features + 0.01 * features_of(5)
        agreement = (fit_basis(similar, previous).axes * flipped).sum(dim=1)
        assert (agreement > 0.9).all()


def test_a_basis_is_the_same_every_time_and_has_a_sign_of_its_own() -> None:
    first, second = fit_basis(features_of(6)), fit_basis(features_of(6))
    assert torch.equal(first.axes, second.axes)
    largest = first.axes.gather(1, first.axes.abs().argmax(dim=1, keepdim=True))
    assert (largest > 0).all()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_few_channels_leave_components_empty(channels: int) -> None:
    features = features_of(7, channels)
    components = fit_basis(features).components(features)
    assert components.isfinite().all()
    assert (components[:channels].abs().amax(dim=(1, 2)) > 0.1).all()
    assert (components[channels:] == 0).all()


def test_a_flat_map_is_grey_and_not_nan() -> None:
    features = torch.full((8, 5, 5), 3.0)
    basis = fit_basis(features)
    assert (basis.components(features) == 0).all()
    assert (basis.channel(features, 2) == 0).all()
    assert (similarity(torch.zeros(4, 4)) == 1).all()


@pytest.mark.parametrize("params", [DragParams(), DragParams.paper()])
def test_similarity_is_that_of_a_literal_loop(params: DragParams) -> None:
    generator = small_generator()
    session = DragSession(
        generator, generator.sample(0), [(30, 33), (11, 50)], [(40, 30), (9, 9)], params=params
    )
    session.step()
    features = block_map(generator, session.w_plus, drag_block(session))
    ours = handle_similarity(session.snapshot(), 1, features).numpy()
    reference = session.snapshot().references[1].numpy()
    values = features.numpy()
    if params.tracking_kernel == "b-spline":  # at a cell's centre, with its eight neighbours
        padded = np.pad(values, ((0, 0), (1, 1), (1, 1)), mode="edge")
        shares = {-1: 1 / 8, 0: 3 / 4, 1: 1 / 8}
        height, width = values.shape[1:]
        values = np.zeros_like(values)
        for dy in shares:
            for dx in shares:
                moved = padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
                values += shares[dy] * shares[dx] * moved
    distances = np.zeros(values.shape[1:])
    for row in range(values.shape[1]):
        for column in range(values.shape[2]):
            difference = values[:, row, column] - reference
            absolute = sum(abs(float(d)) for d in difference)
            squared = sum(float(d) ** 2 for d in difference) ** 0.5
            distances[row, column] = absolute if params.tracking_norm == "l1" else squared
    np.testing.assert_allclose(ours, np.clip(1 - distances / distances.mean(), 0, 1), atol=1e-9)


def test_similarity_is_highest_where_the_handle_is() -> None:
    """At the start, on a cell's centre: what tracking reads there, and to the last bit no more."""
    generator = small_generator()
    session = DragSession(generator, generator.sample(1), [(20.5, 40.5)], [(30, 30)])
    shown = handle_similarity(session.snapshot(), 0, session.feature_map())
    assert int(shown.argmax()) == 20 * shown.shape[1] + 10  # two px a cell: cell (10, 20)
    assert float(shown.max()) > 0.999
    assert 0 < float(shown.mean()) < 0.5


def test_nothing_waits_for_the_device() -> None:
    generator = small_generator()
    session = DragSession(generator, generator.sample(0), [(30, 33)], [(40, 30)])
    with NoHostSync():
        features = block_map(generator, session.w_plus, 16)
        basis = fit_basis(features, fit_basis(features))
        basis.components(features)
        basis.channel(features, 3)
        handle_similarity(session.snapshot(), 0, block_map(generator, session.w_plus, 32))


def test_any_block_can_be_looked_at() -> None:
    generator = small_generator()
    _, features = generator.synthesize(generator.sample(3))
    for resolution in generator.architecture.block_resolutions:
        ours = block_map(generator, generator.sample(3), resolution)
        torch.testing.assert_close(ours, features[resolution])
    with pytest.raises(EditError, match="blocks of"):
        block_map(generator, generator.sample(3), 128)


def test_radii_are_the_steps_own() -> None:
    generator = small_generator()
    session = DragSession(generator, generator.sample(0), params=DragParams(supervision_radius=6))
    assert radii_px(session) == (
        session.params.supervision_radius_px(64, 32),
        session.params.tracking_radius_px(64, 32),
    )
    with pytest.raises(EditError, match="no handle 3"):
        handle_similarity(session.snapshot(), 3, session.feature_map())


@pytest.mark.parametrize("preset", [DragParams(), DragParams.released()])
@pytest.mark.parametrize("near", [0.99, 1.01])
def test_within_the_stop_distance_a_handle_has_arrived(preset: DragParams, near: float) -> None:
    session = DragSession(small_generator(), small_generator().sample(0), params=preset)
    session.add_handle((30, 33), (30, 33))
    session.move_target(0, (30 + near * stop_distance_px(session), 33))
    assert session.is_done == (near < 1)
