"""Windows of the feature map against the whole map: values and gradients, at every place."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.random_model import random_architecture, random_generator
from gan.windowed_trunk import WindowedTrunk

GENERATORS = {
    resolution: random_generator(
        random_architecture(resolution, resolution * 8, 24, z_dim=16, w_dim=16, mapping_layer_count=2),
        seed=resolution,
        dtype=torch.float64,
    )
    for resolution in (32, 64, 256)
}


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_windows_equal_crops_of_the_whole_map(data: st.DataObject) -> None:
    generator = GENERATORS[data.draw(st.sampled_from(sorted(GENERATORS)))]
    architecture = generator.architecture
    resolution = data.draw(st.sampled_from([r for r in architecture.block_resolutions if r >= 8]))
    cells = data.draw(st.integers(3, min(13, resolution)))
    corner = st.integers(0, resolution - cells)
    origins = torch.tensor(data.draw(st.lists(st.tuples(corner, corner), min_size=1, max_size=4)))
    trunk = WindowedTrunk(generator.synthesis, resolution, cells)

    w_plus = generator.sample(seed=1).requires_grad_(True)
    whole = generator.features(w_plus, resolution)
    expected = torch.stack([whole[:, y : y + cells, x : x + cells] for x, y in origins.tolist()])
    weights = torch.randn(expected.shape, dtype=expected.dtype, generator=torch.Generator().manual_seed(0))
    (expected_gradient,) = torch.autograd.grad((expected * weights).sum(), w_plus)

    values = trunk.windows(w_plus, origins)
    (gradient,) = torch.autograd.grad((values * weights).sum(), w_plus)
    torch.testing.assert_close(values, expected, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("window_count", [1, 4, 32])
def test_the_cheaper_way_is_chosen(window_count: int) -> None:
    architecture = random_architecture(512, 32768, z_dim=8, w_dim=8, mapping_layer_count=1)
    trunk = WindowedTrunk(random_generator(architecture).synthesis, 128, 11)
    chosen = trunk.operation_count(window_count)
    assert chosen <= trunk.operation_count(window_count, need_whole_map=True)
    assert trunk.operation_count(1) * 20 < trunk.operation_count(1, need_whole_map=True)
    assert chosen <= window_count * trunk.operation_count(1)


def test_a_mask_needs_the_whole_map() -> None:
    trunk = WindowedTrunk(GENERATORS[64].synthesis, 32, 5)
    w_plus = GENERATORS[64].sample(seed=2)
    torch.testing.assert_close(trunk.whole_map(w_plus)[0], GENERATORS[64].features(w_plus, 32))
