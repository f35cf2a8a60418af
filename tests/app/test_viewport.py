"""The one conversion between screen and image pixels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.viewport import MAX_SCALE, MIN_SCALE, Viewport

positions = st.floats(-2000, 2000)
scales = st.floats(MIN_SCALE, MAX_SCALE)


def test_at_scale_one_a_canvas_pixel_is_an_image_pixel() -> None:
    assert Viewport((100, 100), 1.0, 10.0, 20.0).to_image(13, 24) == (3.0, 4.0)


def test_enlarged_the_first_pixel_covers_scale_canvas_pixels() -> None:
    viewport = Viewport((640, 640), 10.0, 0.0, 0.0)
    left, _ = viewport.to_image(0, 0)  # the centre of the first canvas px of ten
    right, _ = viewport.to_image(9, 0)
    assert left == pytest.approx(-0.45)
    assert right == pytest.approx(0.45)


@given(scales, positions, positions, positions, positions)
def test_there_and_back(scale: float, offset_x: float, offset_y: float, x: float, y: float) -> None:
    viewport = Viewport((800, 600), scale, offset_x, offset_y)
    back = viewport.to_canvas(*viewport.to_image(x, y))
    assert back == pytest.approx((x, y), abs=1e-6)


@given(scales, positions, positions, st.floats(0.1, 10), positions, positions)
def test_zoom_keeps_what_is_under_the_cursor(
    scale: float, offset_x: float, offset_y: float, factor: float, x: float, y: float
) -> None:
    before = Viewport((800, 600), scale, offset_x, offset_y)
    after = before.zoomed(factor, x, y)
    assert after.to_image(x, y) == pytest.approx(before.to_image(x, y), abs=1e-6 / MIN_SCALE)
    assert MIN_SCALE <= after.scale <= MAX_SCALE


def test_fit_shows_the_whole_picture_in_the_middle() -> None:
    viewport = Viewport((1000, 700)).fit((64, 64))
    left, top = viewport.to_canvas(-0.5, -0.5)
    right, bottom = viewport.to_canvas(63.5, 63.5)
    assert 0 < top < bottom < 700
    assert left + right == pytest.approx(999, abs=2)
    assert top + bottom == pytest.approx(699, abs=2)


def test_resize_refits_until_the_user_zooms() -> None:
    fitted = Viewport((1000, 700)).fit((64, 64))
    assert fitted.resized((500, 400), (64, 64)) == Viewport((500, 400)).fit((64, 64))
    zoomed = fitted.zoomed(2.0, 500, 350)
    middle = zoomed.to_image(499.5, 349.5)
    resized = zoomed.resized((500, 400), (64, 64))
    assert resized.scale == zoomed.scale
    assert resized.to_image(249.5, 199.5) == pytest.approx(middle)


def test_pan_moves_the_picture_with_the_mouse() -> None:
    before = Viewport((1000, 700)).fit((64, 64))
    assert before.panned(30, -20).to_image(430, 280) == pytest.approx(before.to_image(400, 300))


def test_view_means_the_same_as_the_viewport() -> None:
    viewport = Viewport((1000, 700), 7.5, 31.0, 12.0)
    x, y = viewport.to_canvas(10.0, 20.0)
    assert viewport.view().to_output((10.0, 20.0)) == pytest.approx((x + 0.5, y + 0.5))
