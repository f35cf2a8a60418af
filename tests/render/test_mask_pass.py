"""The painted mask over the picture: tinted where it is painted and nowhere else."""

import numpy as np
import pytest

from render.compositor import Rect
from render.gl_compositor import GlCompositor
from render.mask_field import FIELD_STEP, FIELD_ZERO, grown, mask_field, painted_bounds
from render.scene import Scene, View
from tests.render.scenes import composed, flat, random_mask


def painted_mask() -> np.ndarray:
    mask = np.zeros((40, 60), np.uint8)
    mask[5:15, 8:30] = 1
    mask[20:36, 34:55] = 2
    return mask


@pytest.mark.gl
def test_tints_lie_only_where_painted(compositor: GlCompositor) -> None:
    mask = painted_mask()
    compositor.set_picture(flat(60, 40))
    compositor.set_mask(mask)
    output = composed(compositor, Scene((80, 60), View(1.0, 10.0, 10.0)))[10:50, 10:70].astype(int)
    assert (output[mask == 0] == 90).all()
    movable, fixed = output[mask == 1], output[mask == 2]
    assert (movable[:, 2] > movable[:, 0] + 15).all(), "the movable region is bluish"
    assert (fixed[:, 0] > fixed[:, 2] + 15).all(), "the fixed region is orange"


@pytest.mark.gl
def test_regions_differ_by_pattern_not_only_by_colour(compositor: GlCompositor) -> None:
    """Away from the outlines the movable region is even, the fixed one hatched: seen in brightness alone."""
    mask = np.zeros((80, 160), np.uint8)
    mask[:, :80] = 1
    mask[:, 80:] = 2
    compositor.set_picture(flat(160, 80))
    compositor.set_mask(mask)
    grey = composed(compositor, Scene((160, 80), View(1.0, 0.0, 0.0))).mean(axis=-1)
    assert np.ptp(grey[10:70, 10:70]) < 1
    assert np.ptp(grey[10:70, 90:150]) > 15


@pytest.mark.gl
@pytest.mark.parametrize(("scale", "x", "y"), [(8.0, 3.0, 5.0), (5.5, -60.5, -20.25)])
def test_contours_follow_the_view(compositor: GlCompositor, scale: float, x: float, y: float) -> None:
    """Half a px inside the painted rectangle's edge is tinted, half a px outside is not."""
    mask = painted_mask()
    compositor.set_picture(flat(60, 40))
    compositor.set_mask(mask)
    output = composed(compositor, Scene((400, 300), View(scale, x, y))).astype(int)
    row = int(y + 10 * scale)
    left, right = x + 8 * scale, x + 30 * scale
    for edge, inwards in ((left, 1), (right, -1)):
        if 2 < edge < 398:
            tinted = output[row, int(edge + 1.5 * inwards)]
            plain = output[row, int(edge - 1.5 * inwards)]
            assert tinted[2] > tinted[0] + 15
            assert plain.tolist() == [90, 90, 90]


@pytest.mark.gl
def test_opacity_0_and_none_hide_the_mask(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(60, 40))
    compositor.set_mask(painted_mask())
    scene = Scene((60, 40), View(1.0, 0.0, 0.0), mask_opacity=0.0)
    assert (composed(compositor, scene) == 90).all()
    visible = Scene((60, 40), View(1.0, 0.0, 0.0))
    assert (composed(compositor, visible) != 90).any()
    compositor.set_mask(None)
    assert (composed(compositor, visible) == 90).all()


@pytest.mark.gl
@pytest.mark.parametrize("rect", [(20, 10, 33, 29), (0, 0, 4, 4), (55, 30, 60, 40)])
def test_uploading_a_part_equals_uploading_all(compositor: GlCompositor, rect: Rect) -> None:
    x0, y0, x1, y1 = rect
    before = random_mask(np.random.default_rng(3), 60, 40)
    after = before.copy()
    after[y0:y1, x0:x1] = (after[y0:y1, x0:x1] + 1) % 3
    scene = Scene((300, 200), View(5.0, 0.0, 0.0))
    compositor.set_picture(flat(60, 40))
    compositor.set_mask(after)
    whole = composed(compositor, scene)
    compositor.set_mask(before)
    assert (composed(compositor, scene) != whole).any()
    compositor.set_mask(after, rect)
    np.testing.assert_array_equal(composed(compositor, scene), whole)


@pytest.mark.gl
def test_a_part_after_no_mask_takes_the_whole_mask(compositor: GlCompositor) -> None:
    """What the texture held before set_mask(None) must not come back."""
    compositor.set_picture(flat(60, 40))
    compositor.set_mask(np.full((40, 60), 2, np.uint8))
    compositor.set_mask(None)
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 10:20] = 1
    compositor.set_mask(mask, (10, 10, 20, 20))
    output = composed(compositor, Scene((60, 40), View(1.0, 0.0, 0.0)))
    assert (output[mask == 0] == 90).all()


def test_field_is_the_euclidean_distance_to_the_border() -> None:
    """Against the definition, texel by texel."""
    mask = random_mask(np.random.default_rng(11), 30, 24)
    codes = mask_field(mask).astype(float)
    y, x = np.mgrid[:24, :30]
    for region in (0, 1):
        painted = mask == region + 1
        assert painted.any()
        for i in range(24):
            for j in range(30):
                others = painted != painted[i, j]
                distance = min(np.hypot(y - i, x - j)[others].min() - 0.5, 3.5)
                signed = distance if painted[i, j] else -distance
                expected = np.clip(FIELD_ZERO + FIELD_STEP * signed, 0, 255)
                # Beyond REACH the codes are at their limits, or nearly: only "far" counts there.
                if distance < 3:
                    assert codes[i, j, region] == pytest.approx(expected, abs=1)
                else:
                    assert abs(codes[i, j, region] - FIELD_ZERO) > 2.9 * FIELD_STEP


def test_a_part_of_the_field_is_the_fields_part() -> None:
    mask = random_mask(np.random.default_rng(5), 50, 40)
    x0, y0, x1, y1 = 7, 9, 31, 22
    np.testing.assert_array_equal(mask_field(mask, (x0, y0, x1, y1)), mask_field(mask)[y0:y1, x0:x1])


def test_a_change_acts_only_inside_the_grown_rect() -> None:
    before = random_mask(np.random.default_rng(2), 50, 40)
    after = before.copy()
    after[12:20, 15:30] = 1
    x0, y0, x1, y1 = grown((15, 12, 30, 20), after)
    outside = np.ones((40, 50), bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(mask_field(before)[outside], mask_field(after)[outside])


def test_painted_bounds() -> None:
    mask = np.zeros((10, 12), np.uint8)
    assert painted_bounds(mask) is None
    mask[3, 4] = 1
    mask[7, 2] = 2
    assert painted_bounds(mask) == (2, 3, 5, 8)
