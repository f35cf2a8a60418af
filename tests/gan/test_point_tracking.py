"""Tracking on maps made by hand, and the confidence on the embedded generator."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import DragParams, DragSession, load_generator
from gan.drag_params import ReadKernel, TrackingNorm
from gan.feature_grid import FeatureGrid, crop_windows
from gan.point_tracking import TrackedPoints, distances_by_cells, track_points, tracking_confidence
from tests.assets import SMALL_MODEL
from tests.reference.loop import spline_matrix

GRID = FeatureGrid.square(32, 32)  # one cell a pixel: reads are the map itself


def ramp_map() -> torch.Tensor:
    """Features are the place itself: (2, 32, 32), x and y."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    return torch.stack([x, y]).double()


def track(
    feature_map: torch.Tensor, handle: tuple[float, float], reference: list[float], subdivision: int = 1
) -> TrackedPoints:
    handles = torch.tensor([handle], dtype=torch.float64)
    windows = crop_windows(feature_map, GRID, handles, reach_px=8)
    references = torch.tensor([reference], dtype=torch.float64)
    return track_points(
        windows, handles, references, radius_px=5, subdivision=subdivision, norm="l2", kernel="bilinear"
    )


def test_the_nearest_pixel_is_found() -> None:
    assert track(ramp_map(), (10.0, 20.0), [12.2, 16.9]).handles.tolist() == [[12.0, 17.0]]


def test_the_square_bounds_the_search() -> None:
    assert track(ramp_map(), (10.0, 20.0), [30.0, 20.0]).handles.tolist() == [[15.0, 20.0]]


@pytest.mark.parametrize(("handle", "far"), [((1.0, 30.0), [-9.0, 99.0]), ((31.0, 0.0), [99.0, -9.0])])
def test_only_places_on_the_picture_take_part(handle: tuple[float, float], far: list[float]) -> None:
    expected = [min(max(v, 0.0), 31.0) for v in far]
    assert track(ramp_map(), handle, far).handles.tolist() == [expected]


def test_of_equals_the_first_in_row_major_order_wins() -> None:
    assert track(torch.ones(2, 32, 32).double(), (10.0, 20.0), [1.0, 1.0]).handles.tolist() == [[5.0, 15.0]]


def test_subdivision_finds_fractions_and_stays_on_the_picture() -> None:
    assert track(ramp_map(), (10.0, 20.0), [12.3, 16.8], 4).handles.tolist() == [[12.25, 16.75]]
    assert track(ramp_map(), (0.5, 20.0), [-3.0, 20.0], 4).handles.tolist() == [[0.0, 20.0]]


def shifted_by_cells(generator: torch.Generator, shifts: torch.Tensor) -> torch.Tensor:
    """One smooth random scene (12, S, 16, 16), moved right by each of the shifts (S,), in cells."""
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    waves = torch.randn(12, 9, 2, generator=generator) * 0.9  # radians a cell: seldom finer than four cells
    phases = torch.rand(12, 9, generator=generator) * 2 * torch.pi
    xs = x[None] - shifts[:, None, None]  # (S, 16, 16)
    angle = waves[..., 0, None, None, None] * xs + waves[..., 1, None, None, None] * y
    return (angle + phases[..., None, None, None]).sin().sum(dim=1).double()


def test_what_moves_evenly_is_followed_evenly() -> None:
    """Scenes that move on by a quarter of a pixel at a time, eight pixels a cell: with bilinear reads a
    handle stays behind and then jumps."""
    shifts = torch.arange(0, 16 + 0.125, 0.25) / 8  # two cells
    grid = FeatureGrid.square(128, 16)
    kernels: tuple[ReadKernel, ...] = ("bilinear", "b-spline")
    errors: dict[ReadKernel, list[float]] = {kernel: [] for kernel in kernels}
    for seed, kernel in itertools.product(range(8), kernels):
        maps = shifted_by_cells(torch.Generator().manual_seed(seed), shifts)  # (C, S, 16, 16)
        start = torch.tensor([[47.5 + 2 * seed, 61.0]], dtype=torch.float64)
        first = crop_windows(maps[:, 0], grid, start, 30)
        reference = first.read(start[:, :1], start[:, 1:], kernel)[:, :, 0, 0]
        handle = start
        for shift, feature_map in zip(shifts, maps.unbind(1), strict=True):
            windows = crop_windows(feature_map, grid, handle, 40)
            handle = track_points(windows, handle, reference, 12, 4, "l2", kernel).handles
            error = handle - start - torch.tensor([8 * float(shift), 0.0])
            errors[kernel].append(float(error.norm()))
    even, uneven = (sum(errors[kernel]) / len(errors[kernel]) for kernel in ("b-spline", "bilinear"))
    assert even < 0.2
    assert uneven > 2 * even


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_tracking_between_pixels_is_that_of_a_literal_loop(data: st.DataObject) -> None:
    """By the reference's matrices on the whole map, place by place."""
    size, cells = data.draw(st.sampled_from([(64, 16), (64, 8), (32, 32)]))
    norm: TrackingNorm = data.draw(st.sampled_from(["l1", "l2"]))
    parts = data.draw(st.sampled_from([2, 4]))
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    feature_map = torch.randn(5, cells, cells, dtype=torch.float64, generator=source)
    start = data.draw(st.tuples(*[st.integers(0, size - 1)] * 2))
    reference = torch.randn(5, dtype=torch.float64, generator=source) * 0.5

    def distance(x: float, y: float) -> float:
        down, across = spline_matrix([y], size, cells), spline_matrix([x], size, cells)
        difference = (down @ feature_map @ across.T).flatten() - reference
        return float(torch.linalg.vector_norm(difference, ord=1 if norm == "l1" else 2))

    def nearest(centre: tuple[float, float], reach: int, step: float) -> tuple[float, float]:
        offsets = [step * n for n in range(-reach, reach + 1)]
        places = [(centre[0] + dx, centre[1] + dy) for dy in offsets for dx in offsets]
        inside = [(x, y) for x, y in places if 0 <= x <= size - 1 and 0 <= y <= size - 1]
        return min(inside, key=lambda place: distance(*place))

    expected = nearest(nearest(start, 3, 1), parts, 1 / parts)
    handles = torch.tensor([start], dtype=torch.float64)
    grid = FeatureGrid.square(size, cells)
    windows = crop_windows(feature_map, grid, handles, 4 + grid.kernel_reach_px("b-spline"))
    found = track_points(windows, handles, reference[None], 3, parts, norm, "b-spline").handles
    assert found.tolist() == [list(expected)]


def test_a_handle_at_rest_stays_at_its_exact_place() -> None:
    generator = load_generator(dtype=torch.float64)
    session = DragSession(generator, generator.sample(2), [(31.37, 38.81)], [(31.37, 38.81)])
    session.step()
    assert session.handles.tolist() == [[31.37, 38.81]]


def test_places_that_are_not_finite_are_passed_over() -> None:
    feature_map = ramp_map()
    feature_map[:, 17, 12] = torch.nan
    assert track(feature_map, (10.0, 20.0), [12.0, 17.1]).handles.isfinite().all()
    lost = track(torch.full((2, 32, 32), torch.nan).double(), (10.0, 20.0), [12.0, 17.0])
    assert lost.handles.tolist() == [[10.0, 20.0]]
    assert lost.confidences.tolist() == [0.0]


def test_confidence_falls_without_texture_and_without_a_match() -> None:
    length, good, flat = torch.ones(1), torch.tensor([0.8]), torch.tensor([0.02])
    zero = torch.zeros(1)
    assert float(tracking_confidence(zero, good, length)) > 0.9
    assert float(tracking_confidence(zero, flat, length)) < 0.01
    assert float(tracking_confidence(0.95 * good, good, length)) < 0.06
    assert float(tracking_confidence(zero, zero, zero)) == 0.0


@pytest.mark.parametrize(
    ("seed", "nose", "background"), [(4, (33.5, 37.5), (60, 8)), (6, (27.5, 40.5), (60, 8))]
)
def test_nose_and_background_of_a_critter(
    seed: int, nose: tuple[float, float], background: tuple[float, float]
) -> None:
    generator = load_generator(SMALL_MODEL)
    points = [nose, background]
    session = DragSession(
        generator, generator.sample(seed), points, [(x - 4, y) for x, y in points], None, DragParams()
    )
    on_nose, on_background = session.step().to_host().confidences
    assert on_nose > 0.85
    assert on_background < 0.35


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_distances_by_cells_equal_those_of_reads(data: st.DataObject) -> None:
    picture_px, cells = data.draw(st.sampled_from([(32, 32), (64, 32), (256, 32), (64, 8)]))
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    feature_map = torch.randn(5, cells, cells, dtype=torch.float64, generator=source)
    references = torch.randn(3, 5, dtype=torch.float64, generator=source)
    whole = data.draw(st.booleans())
    place = st.integers(0, picture_px - 1) if whole else st.floats(0, picture_px - 1)
    centres = torch.tensor([[data.draw(place), data.draw(place)] for _ in range(3)], dtype=torch.float64)
    grid = FeatureGrid.square(picture_px, cells)
    windows = crop_windows(feature_map, grid, centres, 7 + grid.kernel_reach_px("b-spline"))
    offsets = torch.arange(-6, 7, dtype=torch.float64) / data.draw(st.sampled_from([1, 2, 4]))
    xs, ys = centres[:, :1] + offsets, centres[:, 1:] + offsets
    kernel: ReadKernel = data.draw(st.sampled_from(["bilinear", "b-spline"]))
    expected = (windows.read(xs, ys, kernel) - references[:, :, None, None]).square().sum(dim=1).sqrt()
    torch.testing.assert_close(distances_by_cells(windows, xs, ys, references, kernel), expected)
