"""Steps that follow how a generator's latents vary: the map against the reference, and what it promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan import DragParams
from gan.latent_spread import GRAIN, WHITENED_WIDTH, LatentSpread, hearing_of
from gan.layers import Affine
from gan.mapping import Mapping
from gan.random_model import random_generator, random_tensors
from tests.gan.cases import DragCase, reference_step_map, relative_error, small_architecture, small_generator

ROWS = 4


@pytest.mark.parametrize("whitening", [0.25, 0.75, 1.0])
@pytest.mark.parametrize("c_dim", [0, 3])
def test_the_map_is_the_references(whitening: float, c_dim: int) -> None:
    architecture = small_architecture(c_dim=c_dim)
    generator = random_generator(architecture, 5)
    got = generator.latent_spread.step_map(whitening, hearing_of(generator.synthesis, ROWS))
    expected = reference_step_map(random_tensors(architecture, 5), 64, whitening, ROWS, c_dim)
    assert torch.allclose(got, expected, rtol=0, atol=2 * GRAIN)
    assert not torch.allclose(got, torch.eye(len(got)).double(), atol=0.05)


def test_wholly_whitened_latents_vary_alike_everywhere() -> None:
    generator = small_generator(3)
    step_map = generator.latent_spread.step_map(1.0, hearing_of(generator.synthesis, ROWS))
    z = torch.randn(20_000, generator.architecture.z_dim, generator=torch.Generator().manual_seed(9)).double()
    w = generator.map(z)[:, 0]
    plain, white = (torch.linalg.eigvalsh(torch.cov(x.T)) for x in (w, w @ torch.linalg.inv(step_map)))
    assert float(plain[-1] / plain[0]) > 20
    assert float(white[-1] / white[0]) < 1.5


def test_without_whitening_steps_stay_as_they_are() -> None:
    generator = small_generator(3)
    step_map = generator.latent_spread.step_map(0.0, hearing_of(generator.synthesis, ROWS))
    assert torch.equal(step_map, torch.eye(len(step_map)).double())


def test_the_map_is_the_same_however_the_generator_runs() -> None:
    single, double = (
        g.latent_spread.step_map(0.75, hearing_of(g.synthesis, ROWS))
        for g in (small_generator(2, dtype=torch.float32), small_generator(2, dtype=torch.float64))
    )
    assert single.dtype == torch.float64
    assert torch.allclose(single, double, rtol=0, atol=2 * GRAIN)
    assert torch.equal(single, single.T)


def test_the_last_bits_of_the_decomposition_do_not_matter() -> None:
    spread = small_generator(2).latent_spread
    nudged = LatentSpread(spread.directions * (1 + 1e-13), spread.deviations * (1 - 1e-13))
    hearing = torch.ones(len(spread.deviations))
    assert torch.equal(spread.step_map(0.75, hearing), nudged.step_map(0.75, hearing))


def test_coordinates_that_no_row_reads_do_not_count_for_the_length() -> None:
    spread = LatentSpread(torch.eye(3).double(), torch.tensor([0.5, 1.0, 8.0]).double())
    heard = torch.tensor([1.0, 1.0, 0.0])
    step_map = spread.step_map(1.0, heard)
    # whitened, both heard coordinates are as wide as all whitened ones
    expected = torch.tensor([0.5, 1.0, 8.0]).double() / WHITENED_WIDTH
    assert torch.allclose(step_map.diag(), expected, atol=GRAIN)


def test_half_whitened_steps_are_between() -> None:
    spread = LatentSpread(torch.eye(2).double(), torch.tensor([0.25, 1.0]).double())
    step_map = spread.step_map(0.5, torch.tensor([1.0, 0.0]))
    # the heard coordinate, 0.25 wide, becomes as wide as the geometric mean with the whitened width
    assert float(0.25 / step_map[0, 0]) == pytest.approx((0.25 * WHITENED_WIDTH) ** 0.5, abs=1e-3)
    assert float(step_map[1, 1] / step_map[0, 0]) == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 0.1, 30.0])
def test_a_generator_whose_w_is_larger_takes_steps_as_much_larger(scale: float) -> None:
    spread = small_generator(2).latent_spread
    larger = LatentSpread(spread.directions, spread.deviations * scale)
    hearing = torch.ones(len(spread.deviations))
    expected = spread.step_map(1.0, hearing) * scale
    assert relative_error(larger.step_map(1.0, hearing), expected, torch.zeros_like(expected)) < 1e-4


def test_w_of_one_number() -> None:
    mapping = Mapping((Affine(torch.ones(1, 6), torch.ones(1)),), None, torch.zeros(1))
    spread = LatentSpread.of(mapping, z_dim=6, c_dim=0)
    step_map = spread.step_map(1.0, torch.ones(1))
    assert float(step_map) == pytest.approx(float(spread.deviations) / WHITENED_WIDTH, rel=1e-4)


def test_a_direction_without_variation_keeps_a_little() -> None:
    spread = LatentSpread(torch.eye(2).double(), torch.tensor([1.0, 0.0]).double())
    step_map = spread.step_map(1.0, torch.ones(2))
    assert step_map.isfinite().all()
    assert float(step_map[1, 1] / step_map[0, 0]) == pytest.approx(1000**-0.5, abs=1e-4)


@pytest.mark.parametrize("hearing", [torch.ones(4), torch.zeros(4)])
def test_one_picture_for_every_z(hearing: torch.Tensor) -> None:
    constant = Mapping((Affine(torch.zeros(4, 6), torch.ones(4)),), None, torch.zeros(4))
    step_map = LatentSpread.of(constant, z_dim=6, c_dim=0).step_map(1.0, hearing)
    assert torch.equal(step_map, torch.eye(4).double())


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_mapping_that_is_not_finite_leaves_steps_as_they_are(broken: float) -> None:
    mapping = Mapping((Affine(torch.full((4, 6), broken), torch.zeros(4)),), None, torch.zeros(4))
    step_map = LatentSpread.of(mapping, z_dim=6, c_dim=0).step_map(0.75, torch.ones(4))
    assert torch.equal(step_map, torch.eye(4).double())


@pytest.mark.parametrize("space", ["w+", "w"])
@pytest.mark.parametrize("order", ["supervise-then-track", "track-then-supervise"])
def test_a_drag_as_the_references(space: str, order: str) -> None:
    """The map is rounded, so handles agree to the pixel and the latent to the rounding."""
    params = replace(DragParams.paper(), whitening=0.75, row_fading=0.5, latent_space=space, order=order)
    case = DragCase(params, ((30.0, 33.0), (50.0, 12.0)), ((41.0, 28.0), (44.0, 20.0)), seed=1)
    session, reference = case.start()
    start = session.w_plus
    for _ in range(20):
        result = session.step()
        assert [tuple(p) for p in result.handles.tolist()] == reference.step()
    assert relative_error(session.w_plus, reference.w_plus()[0].detach(), start) <= 1e-4


def test_a_masked_drag_as_the_references() -> None:
    params = replace(DragParams.paper(), whitening=0.75, masked_whitening=0.25, mask_weight=0.5)
    mask = np.zeros((64, 64), dtype=bool)
    mask[10:50, 8:54] = True
    session, reference = DragCase(params, ((30.0, 33.0),), ((41.0, 28.0),), mask, seed=3).start()
    start = session.w_plus
    for _ in range(12):
        result = session.step()
        assert [tuple(p) for p in result.handles.tolist()] == reference.step()
    assert relative_error(session.w_plus, reference.w_plus()[0].detach(), start) <= 1e-4


def test_whitening_changes_the_way_that_a_drag_takes() -> None:
    ends: list[torch.Tensor] = []
    for whitening in (0.0, 0.75):
        params = replace(DragParams.paper(), whitening=whitening)
        session, _ = DragCase(params, ((30.0, 33.0),), ((41.0, 28.0),), seed=1).start()
        for _ in range(5):
            session.step()
        ends.append(session.w_plus)
    assert not torch.allclose(ends[0], ends[1])


def test_a_live_change_of_whitening_is_as_a_new_session() -> None:
    case = DragCase(replace(DragParams.paper(), whitening=0.5), ((30.0, 33.0),), ((41.0, 28.0),), seed=1)
    fresh, _ = case.start()
    changed, _ = replace(case, params=replace(case.params, whitening=0.0)).start()
    changed.set_params(case.params)
    for _ in range(3):
        fresh.step()
        changed.step()
    assert torch.equal(fresh.w_plus, changed.w_plus)
