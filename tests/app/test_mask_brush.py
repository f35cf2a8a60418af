"""The mask brush paints exactly the pixels whose centres it covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mask_brush import MaskBrush
from app.session.painted_mask import FIXED, MOVABLE, UNPAINTED
from app.state import BrushMode
from gan.errors import EditError

points = st.tuples(st.floats(-20, 80), st.floats(-20, 60))


def covered(start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """The literal definition: 1001 discs along the segment."""
    yy, xx = np.mgrid[0:48, 0:64].astype(float)
    inside = np.zeros((48, 64), bool)
    for t in np.linspace(0, 1, 1001):
        x, y = start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])
        inside |= (xx - x) ** 2 + (yy - y) ** 2 <= radius**2
    return inside


@given(points, points, st.floats(1.0, 12.0))
def test_a_stroke_is_the_capsule_of_its_segment(
    start: tuple[float, float], end: tuple[float, float], radius: float
) -> None:
    brush = MaskBrush(64, 48)
    brush.stroke(start, end, radius, "movable")
    painted = brush.mask == MOVABLE
    assert not (covered(start, end, radius - 0.02) & ~painted).any()
    assert not (painted & ~covered(start, end, radius + 0.02)).any()


def test_a_small_brush_paints_the_pixel_under_it() -> None:
    brush = MaskBrush(64, 48)
    brush.stroke((10.4, 20.4), (10.4, 20.4), 0.5, "fixed")
    assert np.argwhere(brush.mask).tolist() == [[20, 10]]
    assert brush.mask[20, 10] == FIXED


@pytest.mark.parametrize(("mode", "value"), [("movable", MOVABLE), ("fixed", FIXED), ("erase", UNPAINTED)])
def test_modes(mode: BrushMode, value: int) -> None:
    brush = MaskBrush(64, 48)
    brush.replace(np.full((48, 64), FIXED if mode != "fixed" else MOVABLE, np.uint8))
    brush.stroke((30, 20), (30, 20), 3, mode)
    assert brush.mask[20, 30] == value
    assert brush.mask[0, 0] != value


def test_the_dirty_rectangle_holds_every_change() -> None:
    brush = MaskBrush(64, 48)
    assert brush.take_dirty() is None
    brush.stroke((30, 20), (35, 22), 3, "movable")
    brush.stroke((50, 40), (50, 40), 2, "fixed")
    rect = brush.take_dirty()
    assert rect is not None
    x0, y0, x1, y1 = rect
    outside = brush.mask.copy()
    outside[y0:y1, x0:x1] = 0
    assert not outside.any()
    assert brush.take_dirty() is None


def test_a_stroke_off_the_picture_changes_nothing() -> None:
    brush = MaskBrush(64, 48)
    brush.stroke((-40, -40), (-30, -20), 5, "movable")
    assert not brush.is_painted
    assert brush.take_dirty() is None


def test_invert_twice_is_the_same_and_swaps_once() -> None:
    brush = MaskBrush(64, 48)
    brush.stroke((10, 10), (20, 10), 3, "movable")
    brush.stroke((40, 30), (40, 30), 3, "fixed")
    before = brush.mask.copy()
    brush.invert()
    assert brush.mask[10, 10] == FIXED
    assert brush.mask[30, 40] == MOVABLE
    brush.invert()
    assert (brush.mask == before).all()


def test_a_mask_of_another_size_is_refused_and_named() -> None:
    brush = MaskBrush(64, 48)
    with pytest.raises(EditError, match="32 x 32 pixels, the picture 64 x 48"):
        brush.replace(np.zeros((32, 32), np.uint8))
