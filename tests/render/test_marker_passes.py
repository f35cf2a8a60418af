"""Handles, targets, arrows and the brush: in their places at every zoom, and told apart."""

from itertools import combinations

import numpy as np
import pytest

from render.gl_compositor import GlCompositor
from render.scene import MARKER_STATES, Brush, DragMarker, Scene, View
from tests.render.scenes import GREEN, RED, Picture, centroid, chroma, composed, flat

pytestmark = pytest.mark.gl
SIZE = (600, 500)
VIEWS = [
    View(1.0, 100.0, 100.0),
    View(0.6, 220.3, 150.8),
    View(4.0, 31.5, -12.25),
    View(12.0, -150.0, -260.7),
]


def marker_scene(
    view: View, handle_px: tuple[float, float], target_px: tuple[float, float], **kwargs: object
) -> Scene:
    """One red marker, whose ends are given in output px."""
    marker = DragMarker(view.to_image(handle_px), view.to_image(target_px), RED)
    return Scene(SIZE, view, (marker,), **kwargs)  # pyright: ignore[reportArgumentType]


def weight_around(picture: Picture, x: float, y: float, reach: int = 16) -> tuple[float, float]:
    """Centroid of the red in a window around an output position."""
    left, top = round(x) - reach, round(y) - reach
    window = chroma(picture, 0)[top : top + 2 * reach, left : left + 2 * reach]
    centre = centroid(window)
    return (centre[0] + left, centre[1] + top)


@pytest.mark.parametrize("view", VIEWS)
def test_handle_and_target_centres(compositor: GlCompositor, view: View) -> None:
    """Positions are stated in image px here and computed by hand from the view's definition."""
    compositor.set_picture(flat(128, 128))
    for end in (0, 1):
        points = [((250.0 - view.offset_x) / view.scale, (210.0 - view.offset_y) / view.scale), (9e3, 9e3)]
        handle, target = points if end == 0 else points[::-1]
        marker = DragMarker(handle, target, RED)
        # The other end lies far away; the arrow to it would pull the centroid aside and is cut off below.
        output = composed(compositor, Scene(SIZE, view, (marker,)))
        expected = (250.0 + 0.5 * view.scale, 210.0 + 0.5 * view.scale)
        inner = chroma(output, 0)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
        near = np.hypot(x - expected[0], y - expected[1]) < 10.5
        centre = centroid(np.where(near, inner, 0))
        assert centre == pytest.approx(expected, abs=0.6)


def test_marker_size_does_not_depend_on_zoom_but_on_marker_scale(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(128, 128))
    areas: list[int] = []
    for view, factor in ((VIEWS[0], 1.0), (VIEWS[3], 1.0), (VIEWS[0], 2.0)):
        scene = marker_scene(view, (300.0, 250.0), (300.0, 250.0), marker_scale=factor)
        areas.append(int((chroma(composed(compositor, scene), 0) > 60).sum()))
    assert areas[1] == pytest.approx(areas[0], rel=0.05)
    assert areas[2] == pytest.approx(4 * areas[0], rel=0.15)


def test_handle_and_target_have_different_shapes(compositor: GlCompositor) -> None:
    """Along the axis and along the diagonal: a ring is met at the same distance, a diamond is not."""
    compositor.set_picture(flat(128, 128))
    view = View(4.0, 0.0, 0.0)
    output = composed(compositor, marker_scene(view, (150.5, 150.5), (350.5, 150.5)))
    red = chroma(output, 0)

    def last_red(x: int, dx: int, dy: int) -> float:
        steps = [k for k in range(5, 16) if red[150 + dy * k, x + dx * k] > 60]
        return steps[-1] * float(np.hypot(dx, dy))

    # Upwards and down-left for the handle, upwards and down-right for the target: the arrow lies elsewhere.
    assert last_red(150, 0, -1) == pytest.approx(last_red(150, -1, 1), abs=1.5)
    assert last_red(350, 0, -1) > last_red(350, 1, 1) + 2


@pytest.mark.parametrize("angle", [0.0, 0.9, 2.2, 3.5, 5.1])
def test_arrow_points_from_handle_to_target(compositor: GlCompositor, angle: float) -> None:
    """Its red lies on the line between the ends, and its head (the widest part) near the target."""
    compositor.set_picture(flat(128, 128))
    axis = np.array([np.cos(angle), np.sin(angle)])
    handle, target = np.array([300.0, 250.0]) - 90 * axis, np.array([300.0, 250.0]) + 90 * axis
    output = composed(compositor, marker_scene(VIEWS[0], (handle[0], handle[1]), (target[0], target[1])))
    red = chroma(output, 0) > 80
    y, x = np.nonzero(red)
    offset = np.stack([x + 0.5, y + 0.5], axis=-1) - handle
    along, across = offset @ axis, np.abs(offset @ np.array([-axis[1], axis[0]]))
    on_arrow = (along > 20) & (along < 160)
    assert across[on_arrow].max() < 7.5
    assert len(np.unique(np.floor(along[on_arrow]))) > 130, "the arrow has no gaps"
    widest = along[on_arrow][across[on_arrow] > 4]
    assert len(widest) > 0
    assert widest.min() > 130


def test_no_arrow_between_ends_that_touch(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(128, 128))
    view = VIEWS[0]
    apart = chroma(composed(compositor, marker_scene(view, (200.0, 250.0), (260.0, 250.0))), 0)
    touching = chroma(composed(compositor, marker_scene(view, (200.0, 250.0), (228.0, 250.0))), 0)
    assert apart[250, 225] > 60
    assert touching[250, 211:215].max() < 60


def test_states_look_different(compositor: GlCompositor) -> None:
    """Every pair of states differs in many pixels, also for someone who sees brightness only."""
    compositor.set_picture(flat(128, 128))
    view = View(4.0, 0.0, 0.0)
    looks: dict[str, np.ndarray] = {}
    for state in MARKER_STATES:
        marker = DragMarker((40.0, 40.0), (80.0, 60.0), (0.9, 0.5, 0.2), state)
        grey = composed(compositor, Scene(SIZE, view, (marker,))).mean(axis=-1)
        looks[state] = grey[140:190, 140:190]
    for one, other in combinations(MARKER_STATES, 2):
        assert (np.abs(looks[one] - looks[other]) > 40).sum() > 25, (one, other)


def test_markers_have_a_dark_outline_on_white_and_a_bright_body_on_black(compositor: GlCompositor) -> None:
    scene = marker_scene(VIEWS[0], (300.0, 250.0), (500.0, 250.0))
    compositor.set_picture(flat(600, 500, 255))
    on_white = composed(compositor, scene)[235:265, 285:315].astype(int)
    compositor.set_picture(flat(600, 500, 0))
    on_black = composed(compositor, scene)[235:265, 285:315].astype(int)
    assert on_white.sum(axis=-1).min() < 300
    assert on_black.max() > 200


def test_show_markers_false_hides_them_all(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(128, 128))
    scene = marker_scene(VIEWS[0], (150.0, 150.0), (200.0, 200.0), show_markers=False)
    assert chroma(composed(compositor, scene)[110:220, 110:220], 0).max() == 0


def test_targets_that_are_far_away_or_not_finite_do_no_harm(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(128, 128))
    markers = (
        DragMarker((20.0, 20.0), (float("nan"), 3.0), GREEN),
        DragMarker((60.0, 60.0), (1e7, -1e7), RED),
    )
    output = composed(compositor, Scene(SIZE, VIEWS[0], markers))
    assert chroma(output, 0)[145:180, 145:180].max() > 60, "the handle with a far target is drawn"
    assert chroma(output, 1)[105:140, 105:140].max() > 60, "the handle without a usable target is drawn"


@pytest.mark.parametrize("mode", ["movable", "fixed", "erase"])
@pytest.mark.parametrize("view", VIEWS[1:])
def test_brush_circle_is_where_it_acts(compositor: GlCompositor, view: View, mode: str) -> None:
    """The brightest circle has the brush's centre, and its radius in image px times the scale."""
    compositor.set_picture(flat(900, 900, 0))
    centre = view.to_image((300.0, 250.0))
    radius_px = 90.0 / view.scale
    brush = Brush(*centre, radius_px, mode)  # pyright: ignore[reportArgumentType]
    output = composed(compositor, Scene(SIZE, view, brush=brush, background=(0.0, 0.0, 0.0)))
    bright = output.max(axis=-1).astype(float)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    line = np.where(bright > 120, bright, 0)
    distance = np.hypot(x - 300, y - 250)
    assert (line * distance).sum() / line.sum() == pytest.approx(90, abs=0.5)
    assert line[(distance < 87) | (distance > 93)].max() == 0
    # The circle through the bright px, by least squares: dots need not balance about the centre.
    lit = line > 0
    unknowns = np.stack([2 * x[lit], 2 * y[lit], np.ones(lit.sum())], axis=-1)
    fitted = np.linalg.lstsq(unknowns, x[lit] ** 2 + y[lit] ** 2, rcond=None)[0]
    assert fitted[:2] == pytest.approx((300, 250), abs=0.2)


def test_brush_modes_differ_by_their_line(compositor: GlCompositor) -> None:
    """How much of the circle is drawn: all of it, and less for the dashed and dotted ones."""
    compositor.set_picture(flat(900, 900, 0))
    lengths: dict[str, int] = {}
    for mode in ("movable", "fixed", "erase"):
        brush = Brush(200.0, 200.0, 80.0, mode)
        output = composed(compositor, Scene(SIZE, View(1.0, 0.0, 0.0), brush=brush))
        lengths[mode] = int((output.max(axis=-1) > 100).sum())
    assert lengths["fixed"] < 0.8 * lengths["movable"]
    assert lengths["erase"] < 0.8 * lengths["movable"]


def test_only_the_live_layer_changes_when_a_marker_moves(compositor: GlCompositor, noise: Picture) -> None:
    """The still layer is kept; where the marker was before, the picture must be whole again."""
    compositor.set_picture(noise)
    view = View(6.0, 100.0, 100.0)
    composed(compositor, marker_scene(view, (200.0, 200.0), (260.0, 220.0)))
    moved = composed(compositor, marker_scene(view, (330.0, 250.0), (360.0, 150.0)))
    plain = composed(compositor, Scene(SIZE, view))
    np.testing.assert_array_equal(moved[180:240, 180:280], plain[180:240, 180:280])
    assert (moved != plain).any()
