"""Each overlay off screen: where it is drawn and where not, GL and host alike, nothing at all when off."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from render.colour_ramps import ramp
from render.compositor import Compositor
from render.errors import RenderError
from render.frame_pass import Frame, Pass
from render.framebuffer import Framebuffer
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.map_layers import MapLayers
from render.overlay_layout import path_instances
from render.overlay_passes import picture_size
from render.overlays import Overlays, Split
from render.pass_drawer import PassDrawer
from render.passes import PASSES
from render.scene import DragMarker, Scene, Trail, View, Warp
from render.shader_program import SHADER_FOLDER
from render.style import OverlayStyle, Style
from render.textures import Texture2D
from tests.render.overlay_cases import CASES, NOTHING, SIZE, fill, overlay_scene, smooth
from tests.render.scenes import GREEN, RED, chroma, composed, flat, random_picture, texture_count

SHOWN = (slice(6, 294), slice(8, 392))  # the picture in the output of `overlay_scene`


@pytest.fixture(params=["gl", "host"])
def either(request: pytest.FixtureRequest) -> Compositor:
    return request.getfixturevalue("compositor") if request.param == "gl" else HostCompositor()


@pytest.mark.gl
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("view", [View(6.0, 8.0, 6.0), View(0.7, 30.2, 20.6), View(11.3, -150.5, -90.25)])
@pytest.mark.parametrize("name", CASES)
def test_gl_and_host_draw_the_same(compositor: GlCompositor, name: str, view: View, channels: int) -> None:
    host = HostCompositor()
    for made in (compositor, host):
        fill(made, channels=channels)
    scene = overlay_scene(CASES[name], view)
    for shown in (scene, replace(scene, warps=(Warp((30.0, 20.0), (33.0, 18.0), 12.0),)), scene):
        apart = np.abs(composed(compositor, shown).astype(int) - composed(host, shown))
        assert apart.mean() < 0.4
        assert (apart.max(axis=-1) > 8).mean() < 0.002


@pytest.mark.gl
def test_off_is_the_picture_alone_whatever_layers_there_are(either: Compositor) -> None:
    picture = random_picture(np.random.default_rng(0), *SIZE)
    either.set_picture(picture)
    scene = overlay_scene(NOTHING)
    plain = composed(either, scene)
    fill(either)
    np.testing.assert_array_equal(composed(either, scene), plain)
    np.testing.assert_array_equal(composed(either, overlay_scene(CASES["all"]).alone), plain)


@pytest.mark.gl
@pytest.mark.parametrize("name", CASES)
def test_on_changes_the_picture_and_taking_the_layers_away_takes_it_back(
    either: Compositor, name: str
) -> None:
    fill(either)
    plain = composed(either, overlay_scene(NOTHING))
    assert (composed(either, overlay_scene(CASES[name])) != plain).any()
    for layer in ("start", "features", "similarity"):
        either.set_layer(layer, None)
    left = composed(either, overlay_scene(CASES[name]))
    lives = {"handles", "arrows", "paths", "radii", "all"}
    assert (left != plain).any() == (name in lives)


@pytest.mark.gl
def test_a_map_covers_the_picture_and_its_cells_lie_edge_to_edge(either: Compositor) -> None:
    """At full opacity a cell's middle has the ramp's own colour, and beside the picture there is nothing."""
    either.set_picture(flat(*SIZE))
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)
    either.set_layer("similarity", values)
    scene = overlay_scene(Overlays(handles=0, arrows=0, similarity=1.0))
    output = composed(either, scene)
    for row in range(3):
        for column in range(4):
            level = round(float(values[0, row, column]) * 255)
            x, y = 8 + (column + 0.5) * 384 / 4, 6 + (row + 0.5) * 288 / 3
            around = output[int(y) - 1 : int(y) + 1, int(x) - 1 : int(x) + 1].astype(int)
            assert np.abs(around - ramp("heat")[level]).max() <= 3
    beside = output.copy()
    beside[SHOWN] = 0
    plain = composed(either, overlay_scene(NOTHING))
    plain[SHOWN] = 0
    np.testing.assert_array_equal(beside, plain)


@pytest.mark.gl
def test_features_are_steady_colours(either: Compositor) -> None:
    """The same three numbers are the same colour; three of 0 are a neutral grey; one channel is a ramp."""
    either.set_picture(flat(*SIZE))
    scene = overlay_scene(Overlays(handles=0, arrows=0, features=1.0))
    planes = np.zeros((3, 6, 8), np.float32)
    either.set_layer("features", planes)
    grey = composed(either, scene)[SHOWN].reshape(-1, 3).astype(int)
    assert np.ptp(grey, axis=1).max() <= 1
    planes[0, :, :4], planes[1, :3], planes[2, :, 4:] = 0.8, -0.5, 0.3
    either.set_layer("features", planes)
    first = composed(either, scene)[100, 100].tolist()
    either.set_layer("features", np.roll(planes, 2, axis=2))
    assert composed(either, scene)[100, 100 + 96].tolist() == first
    either.set_layer("features", np.full((1, 6, 8), 1.0, np.float16))
    assert np.abs(composed(either, scene)[100, 100].astype(int) - ramp("heat")[255]).max() <= 1


@pytest.mark.gl
def test_the_difference_is_dark_where_nothing_changed(either: Compositor) -> None:
    start = flat(*SIZE, 100)
    picture = start.copy()
    picture[10:20, 30:50] += 60
    either.set_picture(picture)
    either.set_layer("start", start)
    output = composed(either, overlay_scene(Overlays(handles=0, arrows=0, difference=1.0)))
    same, changed = output[6 + 6 * 30, 8 + 6 * 10], output[6 + 6 * 15, 8 + 6 * 40]
    level = round(60 / 255 / OverlayStyle().difference_full * 255)
    assert np.abs(same.astype(int) - ramp("change")[0]).max() <= 1
    assert np.abs(changed.astype(int) - ramp("change")[level]).max() <= 2
    smaller = picture[::2, ::2]
    either.set_picture(smaller)  # a preview of the same
    scene = replace(overlay_scene(Overlays(handles=0, arrows=0, difference=1.0)), image_size=SIZE)
    again = composed(either, scene)
    assert np.abs(again[6 + 6 * 15, 8 + 6 * 40].astype(int) - changed).max() <= 2


@pytest.mark.gl
@pytest.mark.parametrize("view", [View(6.0, 8.0, 6.0), View(0.7, 30.2, 20.6)])
@pytest.mark.parametrize("at", [0.0, 0.37, 1.0])
def test_a_split_shows_each_picture_as_it_is_shown_alone(either: Compositor, view: View, at: float) -> None:
    """Left of the line the start, right of it the picture, to the last rounding; the line lies between."""
    rng = np.random.default_rng(4)
    picture, start = random_picture(rng, *SIZE), random_picture(rng, *SIZE)
    alone: list[np.ndarray] = []
    for shown in (start, picture):
        either.set_picture(shown)
        alone.append(composed(either, overlay_scene(NOTHING, view)))
    either.set_layer("start", start)
    output = composed(either, overlay_scene(Overlays(handles=0, arrows=0, start=1.0, split=Split(at)), view))
    divider = round(view.offset_x + at * SIZE[0] * view.scale)
    clear = 17  # px: the grip's reach
    left, right = slice(0, max(divider - clear, 0)), slice(divider + clear, None)
    for part, expected in ((left, alone[0]), (right, alone[1])):
        assert np.abs(output[:, part].astype(int) - expected[:, part]).max(initial=0) <= 2
    whole = composed(either, overlay_scene(Overlays(handles=0, arrows=0, start=1.0), view))
    np.testing.assert_array_equal(whole, alone[0])


@pytest.mark.gl
def test_the_line_is_where_the_pictures_meet_and_lights_up(either: Compositor) -> None:
    either.set_picture(flat(*SIZE, 60))
    either.set_layer("start", flat(*SIZE, 60))
    split = Overlays(handles=0, arrows=0, start=1.0, split=Split(0.5))
    output = composed(either, overlay_scene(split)).astype(int)
    divider = 8 + 192
    bright = np.flatnonzero(output[40].min(axis=-1) > 200)
    assert bright.tolist() == [divider - 1, divider]
    lit = composed(either, overlay_scene(replace(split, split=Split(0.5, is_lit=True)))).astype(int)
    assert (chroma(lit.astype(np.uint8), 0)[40, divider - 1 : divider + 1] > 80).all()


@pytest.mark.gl
def test_a_path_runs_through_its_points_and_is_nowhere_twice_as_strong(either: Compositor) -> None:
    either.set_picture(flat(*SIZE, 0))
    points = tuple((10.0 + 4 * i, 20.0 + 3 * (i % 2)) for i in range(10))
    scene = replace(overlay_scene(Overlays(handles=0, arrows=0, paths=0.5)), trails=(Trail(points, GREEN),))
    green = composed(either, scene)[..., 1].astype(int)
    for x, y in points:
        column, row = scene.view.to_output((x, y))
        assert green[int(row) - 1 : int(row) + 2, int(column) - 1 : int(column) + 2].max() > 30
    assert green.max() <= round(0.5 * 255) + 1, "where segments meet, it is drawn once"
    newest, oldest = (scene.view.to_output(points[i]) for i in (-1, 0))
    assert green[int(newest[1]), int(newest[0])] > 2 * green[int(oldest[1]), int(oldest[0])]


def test_a_long_path_is_thinned_but_keeps_its_ends() -> None:
    still = tuple((10.0 + 1e-4 * i, 10.0) for i in range(5000))
    scene = replace(overlay_scene(NOTHING), trails=(Trail((*still, (20.0, 10.0)), RED),))
    rows = path_instances(scene, OverlayStyle())
    assert len(rows) < 20
    assert rows[0, :2] == pytest.approx(scene.view.to_output((10.0, 10.0)))
    assert rows[-1, 2:4] == pytest.approx(scene.view.to_output((20.0, 10.0)))
    for points in ((), ((3.0, 3.0),), ((3.0, float("nan")), (4.0, 4.0))):
        empty = replace(scene, trails=(Trail(points, RED),))
        assert len(path_instances(empty, OverlayStyle())) == 0


@pytest.mark.gl
def test_radii_have_the_drags_size_at_every_zoom(either: Compositor) -> None:
    """r1: how far the disc reaches; r2: how far the square does, along x and along y."""
    either.set_picture(flat(200, 200, 0))
    for scale in (1.0, 2.5):
        view = View(scale, 10.0, 10.0)
        scene = Scene(
            (500, 500),
            view,
            (DragMarker((80.0, 80.0), (80.0, 80.0), RED),),
            overlays=Overlays(handles=0, arrows=0, radii=1.0),
            radii_px=(12.0, 40.0),
        )
        red = composed(either, scene)[..., 0].astype(int)
        x, y = (int(value) for value in view.to_output((80.0, 80.0)))
        line = np.flatnonzero(red[y + 2, x:] > 120)
        assert line[line < 20 * scale].max() == pytest.approx(12 * scale, abs=2)
        assert line.max() == pytest.approx(40 * scale, abs=2)
        below, beside = np.nonzero(red[y:, x:] > 120)
        assert np.minimum(below, beside).max() > 0.8 * 40 * scale, "a square, not a circle"


@pytest.mark.gl
def test_hidden_markers_hide_what_belongs_to_them(either: Compositor) -> None:
    fill(either)
    alone = composed(either, overlay_scene(NOTHING))
    shown = Overlays(paths=1.0, radii=1.0)
    hidden = composed(either, replace(overlay_scene(shown), show_markers=False))
    np.testing.assert_array_equal(hidden, alone)


@pytest.mark.gl
def test_colours_are_computed_once_a_map_and_only_when_on(compositor: GlCompositor) -> None:
    fill(compositor)
    maps = compositor._maps  # pyright: ignore[reportPrivateUsage]
    composed(compositor, overlay_scene(NOTHING))
    assert maps.fill_count == 0
    scene = overlay_scene(CASES["similarity"])
    for x in (0.0, 5.0, 9.0):
        composed(compositor, replace(scene, view=View(6.0, x, 0.0)))
    assert maps.fill_count == 1
    compositor.set_layer("similarity", smooth(5, (1, 12, 16)))
    composed(compositor, scene)
    compositor.set_picture(flat(*SIZE))
    composed(compositor, scene)
    assert maps.fill_count == 2


@pytest.mark.gl
def test_textures_come_with_the_first_layer_and_all_go_at_the_end(gl_context: object) -> None:
    before = texture_count()
    made = GlCompositor()
    made.set_picture(flat(*SIZE))
    composed(made, overlay_scene(NOTHING))
    without = texture_count()
    fill(made)
    composed(made, overlay_scene(CASES["all"]))
    assert texture_count() > without
    made.close()
    assert texture_count() == before


@pytest.mark.gl
@pytest.mark.parametrize(
    ("name", "image", "message"),
    [
        ("feature", np.zeros((1, 4, 4), np.float32), "Layer 'feature': give one of start, features"),
        ("features", np.zeros((5, 4, 4), np.float32), r"float32 array of shape \(5, 4, 4\): give float16"),
        ("features", np.zeros((3, 4, 4)), "float64 array"),
        ("similarity", np.zeros((0, 4), np.float16), r"shape \(0, 4\)"),
        ("similarity", "map", "Map is a str"),
        ("start", np.zeros((3, 4, 4), np.float16), "Picture is a float16 array"),
    ],
)
def test_a_wrong_layer_is_refused_and_the_last_one_stays(
    either: Compositor, name: str, image: object, message: str
) -> None:
    fill(either)
    scene = overlay_scene(CASES["all"])
    before = composed(either, scene)
    with pytest.raises(RenderError, match=message):
        either.set_layer(name, image)  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(composed(either, scene), before)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_an_opacity_beyond_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(RenderError, match="Overlay paths has opacity"):
        Overlays(paths=value)
    with pytest.raises(RenderError, match="Split at"):
        Split(value)


def test_every_pass_has_a_name_of_its_own() -> None:
    names = [item.name for item in PASSES]
    assert len(set(names)) == len(names)


@pytest.mark.gl
def test_the_readmes_overlay_is_one_shader_file_and_one_registration(
    gl_context: object, tmp_path: Path
) -> None:
    """Its example as it stands there: the ramp's colour of every texel's brightness."""
    readme = (SHADER_FOLDER.parent / "README.md").read_text(encoding="utf-8")
    shader = readme.split("```glsl\n")[1].split("```")[0]
    registration = next(part for part in readme.split("```python\n")[1:] if part.startswith("Pass("))
    (tmp_path / "brightness.frag").write_text(shader, encoding="utf-8")
    shutil.copy(SHADER_FOLDER / "rect.vert", tmp_path)
    names = {"Pass": Pass, "picture_size": picture_size, "opacity_of": lambda name: lambda frame: 1.0}
    item = eval(registration.split("```")[0], names)  # our own README
    assert isinstance(item, Pass)
    picture = random_picture(np.random.default_rng(3), 24, 16)
    texture = Texture2D.create(24, 16, "rgb8")
    texture.upload(picture)
    drawer = PassDrawer((item,), tmp_path)
    layers = MapLayers(drawer)
    frame = Frame(Scene((24, 16), View(1.0, 0.0, 0.0)), Style(), (0.0, 0.0, 24.0, 16.0), {"picture": texture})
    layers.refresh(frame, {"picture": 1})
    target = Texture2D.create(24, 16)
    framebuffer = Framebuffer(target)
    framebuffer.bind()
    layers.draw((item,), frame)
    drawn = framebuffer.read()
    brightness = picture.astype(float) @ [0.2126, 0.7152, 0.0722]
    np.testing.assert_allclose(drawn, ramp("heat")[brightness.astype(int)], atol=5)  # a level beside is near
    for made in (layers, drawer, framebuffer, target, texture):
        made.close()
