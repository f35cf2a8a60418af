"""Windows of the feature map against the whole map: values and gradients, at every place."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import Generator
from gan.feature_source import TrunkSource, WindowedSource
from gan.fixed_region import make_fixed_region
from gan.random_model import random_architecture, random_generator
from gan.trunk_layers import make_trunk_layers
from gan.window_plan import PlanCosts, WindowPlan, plan_windows
from gan.windowed_trunk import WindowedTrunk

GENERATORS = {
    resolution: random_generator(
        random_architecture(resolution, resolution * 8, 24, z_dim=16, w_dim=16, mapping_layer_count=2),
        seed=resolution,
        dtype=torch.float64,
    )
    for resolution in (32, 64, 256)
}
HELD_ROWS = [None, 6, 0]  # rows of w_plus that move; None: all


def make_trunk(
    generator: Generator, resolution: int, w_plus: torch.Tensor | None, rows: int | None
) -> WindowedTrunk:
    held = None if rows is None else w_plus
    layers = make_trunk_layers(generator.synthesis, resolution, held, rows or 0)
    return WindowedTrunk(generator.synthesis.const, layers)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_windows_equal_crops_of_the_whole_map(data: st.DataObject) -> None:
    generator = GENERATORS[data.draw(st.sampled_from(sorted(GENERATORS)))]
    architecture = generator.architecture
    resolution = data.draw(st.sampled_from([r for r in architecture.block_resolutions if r >= 8]))
    height, width = (data.draw(st.integers(3, min(13, resolution))) for _ in range(2))
    corner = st.tuples(st.integers(0, resolution - width), st.integers(0, resolution - height))
    origins = torch.tensor(data.draw(st.lists(corner, min_size=1, max_size=4)))
    w_plus = generator.sample(seed=1)
    rows = data.draw(st.sampled_from(HELD_ROWS))
    trunk = make_trunk(generator, resolution, w_plus, rows)
    first = data.draw(st.integers(0, trunk.layer_count - 1))

    w_plus = w_plus.requires_grad_(True)
    whole = generator.features(w_plus, resolution)
    expected = torch.stack([whole[:, y : y + height, x : x + width] for x, y in origins.tolist()])
    weights = torch.randn(expected.shape, dtype=expected.dtype, generator=torch.Generator().manual_seed(0))
    (expected_gradient,) = torch.autograd.grad((expected * weights).sum(), w_plus)

    values = trunk.windows(first, w_plus, origins, (height, width))
    gradient = torch.zeros_like(w_plus)
    if values.requires_grad:
        (gradient,) = torch.autograd.grad((values * weights).sum(), w_plus)
    torch.testing.assert_close(values, expected, rtol=1e-9, atol=1e-9)
    moving = len(w_plus) if rows is None else rows
    torch.testing.assert_close(gradient[:moving], expected_gradient[:moving], rtol=1e-8, atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_every_way_gives_the_same_features(data: st.DataObject) -> None:
    """Lists of cells where places are known, windows and the whole map where they are not; the mask's box."""
    picture_px = data.draw(st.sampled_from([64, 256]))
    generator = GENERATORS[picture_px]
    cells = generator.architecture.default_feature_resolution
    place = st.tuples(st.floats(0, picture_px - 1), st.floats(0, picture_px - 1))
    spread = data.draw(st.sampled_from([1.0, 0.2]))
    points = data.draw(st.lists(place, min_size=1, max_size=9))
    centres = torch.tensor(points, dtype=torch.float64) * spread
    region = None
    if data.draw(st.booleans()):
        mask = torch.ones(picture_px, picture_px, dtype=torch.bool)
        y, x = data.draw(st.integers(0, picture_px - 2)), data.draw(st.integers(0, picture_px - 2))
        mask[y : y + picture_px // 3, x : x + picture_px // 3] = False
        mask[x, y] = False
        region = make_fixed_region(mask, (cells, cells), torch.float64)
    w_plus = generator.sample(3).requires_grad_()

    def features_and_gradient(source: TrunkSource | WindowedSource) -> list[torch.Tensor]:
        evaluation = source.evaluate(w_plus, centres, 5.0, region)
        offsets = torch.tensor([-3.5, 0.0, 4.0], dtype=torch.float64)
        read = evaluation.windows.read(centres[:, :1] + offsets, centres[:, 1:] + offsets)
        parts = [read]
        if evaluation.fixed is not None and region is not None:
            # in its box, only what fixed pixels read counts
            parts.append(evaluation.fixed * region.cut(torch.from_numpy(region.cells)[None]))
        total = torch.stack([part.sin().sum() for part in parts]).sum()
        return [*parts, torch.autograd.grad(total, w_plus)[0][:6]]

    expected = features_and_gradient(TrunkSource(generator, cells))
    for knows_places in (True, False):
        got = features_and_gradient(WindowedSource(generator, cells, w_plus.detach(), 6, knows_places))
        for a, b in zip(got, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)


def config_f_trunk() -> WindowedTrunk:
    architecture = random_architecture(512, 32768, z_dim=8, w_dim=8, mapping_layer_count=1)
    return make_trunk(random_generator(architecture), 128, None, None)


def test_the_cheapest_plan_is_chosen() -> None:
    trunk = config_f_trunk()
    one = plan_windows(trunk, (11, 11), 1)
    assert one.macs * 20 < trunk.whole_macs()
    for count in (1, 4, 32):
        plan = plan_windows(trunk, (11, 11), count)
        each = [
            trunk.whole_macs(first) + count * trunk.window_macs((11, 11), first)
            for first in range(trunk.layer_count)
        ]
        assert plan.macs == min(each)
    assert plan_windows(trunk, (11, 11), 1000) == WindowPlan(trunk.layer_count, trunk.whole_macs())


def test_a_small_generator_runs_whole() -> None:
    """Windows would save less than their cutting costs."""
    trunk = make_trunk(GENERATORS[64], 32, None, None)
    assert plan_windows(trunk, (11, 11), 1).first == trunk.layer_count
    free = plan_windows(trunk, (11, 11), 1, PlanCosts(layer_overhead=0))
    assert free.first < trunk.layer_count


@pytest.mark.parametrize("rows", HELD_ROWS)
def test_the_whole_map(rows: int | None) -> None:
    w_plus = GENERATORS[64].sample(seed=2)
    trunk = make_trunk(GENERATORS[64], 32, w_plus, rows)
    torch.testing.assert_close(trunk.whole(w_plus)[0], GENERATORS[64].features(w_plus, 32))
