"""The small resampling matrices against the published way: enlarge the whole map, read the copy."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.drag_params import DragParams, ReadKernel
from gan.drag_step import window_reach_px
from gan.feature_grid import FeatureGrid, crop_windows, read_at_cells
from tests.reference.loop import spline_matrix

SIZES = [(64, 32), (64, 64), (256, 128), (64, 8), (32, 4), (512, 128)]


def read_enlarged(
    feature_map: torch.Tensor, picture_px: int, xs: torch.Tensor, ys: torch.Tensor
) -> torch.Tensor:
    """(C, F, F) read at ys x xs through a copy of the picture's size, clamped to its border -> (C, Q, P)."""
    size = (picture_px, picture_px)
    enlarged = F.interpolate(feature_map[None], size=size, mode="bilinear", align_corners=False)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    grid = torch.stack([x, y], dim=-1)[None] / (picture_px - 1) * 2 - 1
    return F.grid_sample(enlarged, grid, mode="bilinear", padding_mode="border", align_corners=True)[0]


def drawn_map(data: st.DataObject) -> tuple[FeatureGrid, torch.Tensor, torch.Tensor]:
    """A grid, a map (3, cells, cells) for it, and a place on its picture, (1, 2) px."""
    picture_px, cells = data.draw(st.sampled_from(SIZES))
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    feature_map = torch.randn(3, cells, cells, dtype=torch.float64, generator=source)
    coordinate = st.one_of(st.integers(0, picture_px - 1), st.floats(0, picture_px - 1))
    centre = torch.tensor([[data.draw(coordinate), data.draw(coordinate)]], dtype=torch.float64)
    return FeatureGrid.square(picture_px, cells), feature_map, centre


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_reads_equal_the_enlarged_copy(data: st.DataObject) -> None:
    grid, feature_map, centre = drawn_map(data)
    reach_px = data.draw(st.integers(2, 16))
    # a read between pixels takes both of its neighbours, and both must be within reach
    offset = st.one_of(st.integers(1 - reach_px, reach_px - 1), st.floats(1 - reach_px, reach_px - 1))
    offsets = torch.tensor(data.draw(st.lists(offset, min_size=1, max_size=5)), dtype=torch.float64)
    windows = crop_windows(feature_map, grid, centre, reach_px)
    xs, ys = centre[:, 0, None] + offsets, centre[:, 1, None] + offsets.flip(0)
    expected = read_enlarged(feature_map, grid.x.picture_px, xs[0], ys[0])
    assert torch.allclose(windows.read(xs, ys)[0], expected, rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_spline_reads_of_windows_equal_those_of_the_whole_map(data: st.DataObject) -> None:
    grid, feature_map, centre = drawn_map(data)
    reach_px = data.draw(st.integers(1, 16))
    offset = st.one_of(st.integers(-reach_px, reach_px), st.floats(-reach_px, reach_px))
    offsets = torch.tensor(data.draw(st.lists(offset, min_size=1, max_size=5)), dtype=torch.float64)
    windows = crop_windows(feature_map, grid, centre, reach_px + grid.kernel_reach_px("b-spline"))
    xs, ys = centre[:, 0, None] + offsets, centre[:, 1, None] + offsets.flip(0)
    size = grid.x.picture_px
    across, down = (
        spline_matrix(places[0].clamp(0, size - 1).tolist(), size, grid.x.cells) for places in (xs, ys)
    )
    got = windows.read(xs, ys, "b-spline")[0]
    torch.testing.assert_close(got, down @ feature_map @ across.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("picture_px", "cells"), [(256, 32), (256, 16)])
def test_a_spline_blurs_alike_wherever_in_a_cell_it_reads(picture_px: int, cells: int) -> None:
    """A wave of six cells: its height where it is read, at 32 places within a cell."""
    grid = FeatureGrid.square(picture_px, cells)
    at = torch.arange(cells, dtype=torch.float64)
    waves = torch.stack([(at * torch.pi / 3).sin(), (at * torch.pi / 3).cos()])  # a quarter apart
    feature_map = waves[:, None].expand(2, cells, cells)
    centre = torch.full((1, 2), picture_px / 2, dtype=torch.float64)
    windows = crop_windows(feature_map, grid, centre, 4 * picture_px / cells)
    xs = centre[:, :1] + torch.arange(32, dtype=torch.float64) / 32 * picture_px / cells
    heights = {}
    for kernel in ("bilinear", "b-spline"):
        read = windows.read(xs, centre[:, :1], kernel)[0, :, 0]  # (2, 32)
        height = read.square().sum(dim=0).sqrt()
        heights[kernel] = float(height.max() / height.min()) - 1
    assert heights["b-spline"] < 0.02 < 0.1 < heights["bilinear"]


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_step_reads_nothing_outside_its_windows(data: st.DataObject) -> None:
    """The farthest reads: the search's corners, and the supervised disc around a find there, its shift."""
    cells, cell_px = data.draw(st.sampled_from([4, 8, 16, 32])), data.draw(st.sampled_from([1, 2, 4, 8, 16]))
    grid = FeatureGrid.square(cells * cell_px, cells)
    params = DragParams(
        tracking_kernel=data.draw(st.sampled_from(["b-spline", "bilinear"])),
        tracking_subdivision=data.draw(st.sampled_from([1, 2, 4, 8])),
        supervision_radius=data.draw(st.sampled_from([1.0, 2.0, 6.0, 16.0])),
        tracking_radius=data.draw(st.sampled_from([2.0, 3.0, 12.0])),
    )
    last = cells * cell_px - 1
    whole = params.tracking_subdivision == 1
    place = st.integers(0, last) if whole else st.one_of(st.integers(0, last), st.floats(0, last))
    handle = torch.tensor([[data.draw(place), data.draw(place)]], dtype=torch.float64)
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    feature_map = torch.randn(2, cells, cells, dtype=torch.float64, generator=source)
    searched = params.tracking_radius_px(cells * cell_px, cells) + (0 if whole else 1)
    supervised = searched + params.supervision_radius_px(cells * cell_px, cells)
    reads: tuple[tuple[int, ReadKernel], ...] = (
        (searched, params.tracking_kernel),
        (supervised, "bilinear"),
    )
    windows = crop_windows(feature_map, grid, handle, window_reach_px(params, grid))
    larger = crop_windows(feature_map, grid, handle, 3 * supervised + 3 * cell_px)
    for reach_px, kernel in reads:
        corners = handle[0, :, None] + torch.tensor([-reach_px, reach_px])
        xs, ys = (c.clamp(0, last)[None] for c in corners)
        for weights in windows.weights(xs, ys, kernel):
            torch.testing.assert_close(weights.sum(dim=-1), torch.ones_like(xs))
        torch.testing.assert_close(windows.read(xs, ys, kernel), larger.read(xs, ys, kernel))


@pytest.mark.parametrize("kernel", ["bilinear", "b-spline"])
def test_what_is_read_at_cells(kernel: ReadKernel) -> None:
    """Three pixels a cell, so that the middle one lies on its centre."""
    feature_map = torch.randn(3, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    grid = FeatureGrid.square(27, 9)
    centres = torch.arange(1, 27, 3, dtype=torch.float64)[None]
    windows = crop_windows(feature_map, grid, torch.full((1, 2), 13.0, dtype=torch.float64), 20)
    torch.testing.assert_close(windows.read(centres, centres, kernel)[0], read_at_cells(feature_map, kernel))


@pytest.mark.parametrize("kernel", ["bilinear", "b-spline"])
@pytest.mark.parametrize(("picture_px", "cells"), SIZES)
def test_every_row_of_weights_sums_to_one(picture_px: int, cells: int, kernel: ReadKernel) -> None:
    grid = FeatureGrid.square(picture_px, cells)
    pixels = torch.linspace(-30, picture_px + 30, 301, dtype=torch.float64)[:, None]
    inside = pixels.clamp(0, picture_px - 1)
    reach_px = 1 + grid.kernel_reach_px(kernel)
    origins = grid.window_origins(inside.expand(-1, 2), reach_px)[:, 0]
    read = grid.x.weights if kernel == "bilinear" else grid.x.spline_weights
    weights = read(pixels, origins, grid.window_size(reach_px))
    if kernel == "b-spline":  # where the window leaves the map its cells are the border's: none is read there
        index = origins[:, None] + torch.arange(weights.shape[-1])
        assert bool((weights[:, 0][(index < 0) | (index >= cells)] == 0).all())
    assert torch.allclose(weights.sum(dim=2), torch.ones_like(pixels))
    assert bool((weights >= 0).all())


def test_the_window_of_the_published_radii_is_small() -> None:
    """15 px of 512 over 128 cells: tracking square 12, disc 2, shift 1."""
    assert FeatureGrid.square(512, 128).window_size(15) <= 11


def test_cells_and_pixels_share_their_edges() -> None:
    grid = FeatureGrid.square(256, 64)
    edges = grid.x.cell_of(torch.tensor([-0.5, 127.5, 255.5]))
    assert edges.tolist() == [-0.5, 31.5, 63.5]
