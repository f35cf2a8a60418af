"""Warped pictures: nothing at rest, handles where they are predicted, no folds, GL and host alike."""

from dataclasses import replace

import numpy as np
import pytest

from render import gl_api as gl
from render.compositor import Compositor
from render.errors import GlError, RenderError
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.host_warp import warped
from render.scene import Scene, View, Warp
from render.shader_program import ShaderProgram
from render.warp_field import MAX_WARP_COUNT, WarpField
from tests.render.scenes import centroid, composed, random_mask, random_picture

SIZE = (64, 48)
VIEW = View(1.0, 8.0, 6.0)
REST = Scene((80, 60), VIEW)
PULL = Warp((30.0, 20.0), (34.0, 18.0), 12.0)


@pytest.fixture(params=["gl", "host"])
def either(request: pytest.FixtureRequest) -> Compositor:
    return request.getfixturevalue("compositor") if request.param == "gl" else HostCompositor()


def blob(x: float, y: float, spread: float = 1.6) -> np.ndarray:
    """A soft white dot on black, of SIZE."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    level = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2))
    return np.repeat(level[..., None], 3, axis=-1).astype(np.uint8)


@pytest.mark.gl
@pytest.mark.parametrize("scale", [0.6, 1.0, 7.3])
def test_at_rest_it_is_the_picture_bit_for_bit(either: Compositor, scale: float) -> None:
    either.set_picture(random_picture(np.random.default_rng(1), *SIZE))
    scene = Scene((200, 150), View(scale, 9.5, 3.25))
    rest = composed(either, scene)
    np.testing.assert_array_equal(
        composed(either, replace(scene, warps=(Warp((9.0, 9.0), (9.0, 9.0), 8.0),))), rest
    )
    assert (composed(either, replace(scene, warps=(PULL,))) != rest).any()
    np.testing.assert_array_equal(composed(either, scene), rest)


@pytest.mark.gl
@pytest.mark.parametrize("move", [(4.0, -2.0), (0.4, 0.3), (-3.0, 5.0), (5.9, 0.0)])
@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_what_lies_under_the_handle_appears_where_it_is_predicted(
    either: Compositor, move: tuple[float, float], scale: float
) -> None:
    start = (30.0, 20.0)
    either.set_picture(blob(*start))
    to = (start[0] + move[0], start[1] + move[1])
    scene = Scene((int(64 * scale), int(48 * scale)), View(scale, 0.0, 0.0), warps=(Warp(start, to, 12.0),))
    output = composed(either, scene)[..., 0].astype(float)
    peak = centroid(np.clip(output - 0.6 * output.max(), 0, None))
    assert scene.view.to_image(peak) == pytest.approx(to, abs=0.5)


@pytest.mark.gl
def test_beyond_the_radius_nothing_changes(either: Compositor) -> None:
    either.set_picture(random_picture(np.random.default_rng(2), *SIZE))
    rest, pulled = composed(either, REST), composed(either, replace(REST, warps=(PULL,)))
    rows, columns = np.nonzero((rest != pulled).any(axis=-1))
    assert len(rows) > 200
    reach = np.hypot(columns - 8 - PULL.to_px[0], rows - 6 - PULL.to_px[1])
    assert reach.max() < PULL.radius_px


@pytest.mark.gl
@pytest.mark.parametrize("seed", range(16))
def test_gl_and_host_warp_alike(compositor: GlCompositor, seed: int) -> None:
    """With views, previews, several handles, masks; from one warp straight to the next."""
    rng = np.random.default_rng(seed)
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(9))))
    view = View(scale, float(rng.uniform(-60, 60)), float(rng.uniform(-60, 60)))
    image_size = SIZE if seed % 2 else (128, 96)
    view = replace(view, scale=view.scale * 64 / image_size[0])
    host = HostCompositor()
    picture, mask = random_picture(rng, *SIZE), random_mask(rng, *SIZE)
    for made in (compositor, host):
        made.set_picture(picture)
        made.set_mask(mask if seed % 3 == 0 else None)
    scene = Scene((220, 160), view, image_size=image_size, mask_opacity=0.6)
    for _ in range(3):
        warps = tuple(
            Warp(place, (place[0] + float(rng.normal(0, 4)), place[1] + float(rng.normal(0, 4))), 16.0)
            for place in (
                (float(rng.uniform(-5, image_size[0] + 5)), float(rng.uniform(-5, image_size[1] + 5)))
                for _ in range(rng.integers(0, 5))
            )
        )
        ours, oracle = (composed(made, replace(scene, warps=warps)) for made in (compositor, host))
        difference = np.abs(ours.astype(int) - oracle)
        assert difference.mean() < 0.3
        limit = 0.02 if seed % 3 == 0 else 0.001  # of a mask's contours, as without warps
        assert (difference.max(axis=-1) > 8).mean() < limit


@pytest.mark.gl
@pytest.mark.parametrize("scale", [0.45, 1.0, 5.7])
def test_drawing_only_around_the_warps_is_drawing_everything(compositor: GlCompositor, scale: float) -> None:
    rng = np.random.default_rng(4)
    picture, mask = random_picture(rng, *SIZE), random_mask(rng, *SIZE)
    scene = Scene((180, 140), View(scale, 20.5, 11.0))
    steps = [
        (PULL,),
        (Warp((5.0, 5.0), (8.0, 3.0), 10.0), Warp((60.0, 40.0), (57.0, 44.0), 9.0)),
        (Warp((-2.0, 20.0), (1.0, 22.0), 8.0),),
        (Warp((900.0, 20.0), (901.0, 22.0), 8.0),),
        (),
    ]
    compositor.set_picture(picture)
    compositor.set_mask(mask)
    for warps in steps:
        once = composed(compositor, replace(scene, warps=warps))
        compositor.set_picture(picture)  # everything again
        np.testing.assert_array_equal(composed(compositor, replace(scene, warps=warps)), once)
    assert not gl.glIsEnabled(gl.GL_SCISSOR_TEST)


def test_a_warp_is_drawn_only_where_it_reaches() -> None:
    field = WarpField.of((PULL,))
    assert field.texel_box((1.0, 1.0), SIZE) == (22, 6, 47, 31)
    assert field.texel_box((0.5, 0.5), (32, 24)) == (11, 3, 24, 16)
    assert WarpField.of(()).texel_box((1.0, 1.0), SIZE) is None
    assert WarpField.of((Warp((200.0, 0.0), (200.0, 0.0), 9.0),)).texel_box((1.0, 1.0), SIZE) is None


def smallest_determinant(field: WarpField, count: int = 70) -> float:
    """Of the mapping's Jacobian, by finite differences: above 0 it preserves order, so nothing folds."""
    low, high = field.to - field.radii[:, None], field.to + field.radii[:, None]
    x, y = np.meshgrid(*(np.linspace(low[:, i].min(), high[:, i].max(), count) for i in (0, 1)))
    step = 1e-4

    def source(at_x: np.ndarray, at_y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shift_x, shift_y = field.displacement(at_x, at_y)
        return at_x - shift_x, at_y - shift_y

    (ax, ay), (bx, by) = source(x + step, y), source(x - step, y)
    (cx, cy), (dx, dy) = source(x, y + step), source(x, y - step)
    return float((((ax - bx) * (cy - dy) - (ay - by) * (cx - dx)) / (4 * step**2)).min())


@pytest.mark.parametrize("length", [1.0, 5.9, 6.0, 40.0])
def test_one_handle_never_folds_the_picture(length: float) -> None:
    field = WarpField.of((Warp((0.0, 0.0), (0.6 * length, 0.8 * length), 12.0),))
    assert smallest_determinant(field) > 0.1
    assert np.hypot(*field.moves[0]) == pytest.approx(min(length, 6.0))


@pytest.mark.parametrize("seed", range(40))
def test_several_handles_never_fold_the_picture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 7))
    together = rng.normal(0, 6, 2)
    warps: list[Warp] = []
    for _ in range(count):
        x, y = rng.uniform(0, 25, 2)
        move = together if seed % 2 else rng.normal(0, 6, 2)
        radius = float(12.0 if seed % 4 < 2 else rng.uniform(8, 16))
        warps.append(Warp((float(x), float(y)), (float(x + move[0]), float(y + move[1])), radius))
    assert smallest_determinant(WarpField.of(tuple(warps))) > 0


def test_handles_that_overlap_still_get_where_they_go() -> None:
    field = WarpField.of((Warp((0.0, 0.0), (2.0, 0.0), 12.0), Warp((8.0, 0.0), (9.0, 1.0), 12.0)))
    shift_x, shift_y = field.displacement(np.array([2.0, 9.0]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(shift_x, [2.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(shift_y, [0.0, 1.0], atol=1e-3)


def test_of_very_many_warps_the_longest_count() -> None:
    warps = tuple(Warp((40.0 * i, 0.0), (40.0 * i + i / 10, 0.0), 12.0) for i in range(50))
    field = WarpField.of(warps)
    assert len(field.radii) == MAX_WARP_COUNT
    assert field.moves[:, 0].min() > 1.7


@pytest.mark.gl
def test_as_many_warps_as_the_shader_takes(compositor: GlCompositor) -> None:
    picture = random_picture(np.random.default_rng(3), *SIZE)
    rng = np.random.default_rng(5)
    warps = tuple(Warp((x, y), (x + 1.5, y + 0.5), 6.0) for x, y in rng.uniform(0, 48, (50, 2)).tolist())
    host = HostCompositor()
    for made in (compositor, host):
        made.set_picture(picture)
    ours, oracle = (composed(made, replace(REST, warps=warps)) for made in (compositor, host))
    assert np.abs(ours.astype(int) - oracle).max() <= 3


def test_the_hosts_picture_is_not_written_to() -> None:
    picture = random_picture(np.random.default_rng(6), *SIZE)
    before = picture.copy()
    pulled = warped(picture, (PULL,), None)
    assert pulled is not None
    assert (pulled[0] != picture).any()
    assert warped(picture, (Warp((900.0, 0.0), (901.0, 0.0), 5.0),), None) is None
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_warps_are_refused(radius: float) -> None:
    with pytest.raises(RenderError, match="radius"):
        Warp((0.0, 0.0), (1.0, 1.0), radius)
    with pytest.raises(RenderError, match="finite image px"):
        Warp((0.0, float("nan")), (1.0, 1.0), 5.0)


@pytest.mark.gl
def test_uniform_arrays_take_no_more_than_they_hold(compositor: GlCompositor) -> None:
    program = ShaderProgram("rect.vert", "warp.frag")
    program.use()
    program.set("u_radii", [1.0] * 32)
    with pytest.raises(GlError, match="given 33 numbers: the shader declares 32 times 1"):
        program.set("u_radii", [1.0] * 33)
    with pytest.raises(GlError, match="given 5 numbers: the shader declares 32 times 4"):
        program.set("u_warps", [1.0] * 5)
    program.close()
