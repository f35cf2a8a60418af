"""What is drawn again when something changes: all of it that is seen, and as little as that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render import map_layers
from render.frame_pass import Frame
from render.gl_compositor import GlCompositor
from render.map_layers import mixture
from render.offscreen import OffscreenContext
from render.overlay_layout import path_instances
from render.overlay_passes import uncovered_rect
from render.overlays import Overlays, Split
from render.row_resampler import RowResampler
from render.scene import Point, Scene, Trail, View, Warp
from render.style import OverlayStyle, Style
from render.textures import Texture2D
from tests.render.overlay_cases import CASES, SIZE, fill, overlay_scene, smooth
from tests.render.scenes import RED, composed, random_mask, random_picture


@pytest.mark.gl
@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_the_output_is_that_of_a_compositor_that_has_drawn_nothing_else(
    gl_context: OffscreenContext, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    used = GlCompositor()
    fill(used)
    latest: dict[str, np.ndarray] = {}
    scene = replace(overlay_scene(CASES["all"]), image_size=SIZE, mask_opacity=0.5)
    for _ in range(30):
        match int(rng.integers(8)):
            case 0:
                shape = [SIZE, (SIZE[0] // 2, SIZE[1] // 2)][int(rng.integers(2))]
                latest["picture"] = random_picture(rng, *shape)
                used.set_picture(latest["picture"])
            case 1:
                latest["start"] = random_picture(rng, *SIZE)
                used.set_layer("start", latest["start"])
            case 2:
                latest["features"] = smooth(int(rng.integers(99)), (3, 12, 16))
                used.set_layer("features", latest["features"])
            case 3:
                latest["similarity"] = np.abs(smooth(int(rng.integers(99)), (1, 12, 16)))
                used.set_layer("similarity", latest["similarity"])
            case 4:
                latest["mask"] = random_mask(rng, *SIZE)
                used.set_mask(latest["mask"])
            case 5:
                x, y = rng.uniform(5, 40, 2).tolist()
                warps = (Warp((x, y), (x + 3.0, y - 2.0), 12.0),)
                scene = replace(scene, warps=warps if rng.integers(3) else ())
            case 6:
                view = View(float(rng.uniform(0.7, 8)), float(rng.normal(20, 30)), float(rng.normal(20, 30)))
                scene = replace(scene, view=view)
            case _:
                scene = replace(scene, overlays=CASES[str(rng.choice(list(CASES)))])
        np.testing.assert_array_equal(composed(used, scene), drawn_at_once(latest, scene))
    used.close()


def drawn_at_once(images: Mapping[str, np.ndarray], scene: Scene) -> np.ndarray:
    """By a compositor of its own. images: in the place of those that `fill` gives."""
    fresh = GlCompositor()
    fill(fresh)
    for name, image in images.items():
        if name == "picture":
            fresh.set_picture(image)
        elif name == "mask":
            fresh.set_mask(image)
        else:
            fresh.set_layer(name, image)  # pyright: ignore[reportArgumentType]
    output = composed(fresh, scene)
    fresh.close()
    return output


@pytest.mark.gl
def test_a_new_map_resamples_neither_picture_nor_start(
    compositor: GlCompositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Texture2D] = []
    draw = RowResampler.draw

    def noted(self: RowResampler, picture: Texture2D, *more: object) -> None:
        drawn.append(picture)
        draw(self, picture, *more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(RowResampler, "draw", noted)
    fill(compositor)
    scene = overlay_scene(CASES["all"])
    before = composed(compositor, scene)
    assert len(drawn) == 2
    compositor.set_layer("features", smooth(5, (3, 12, 16)))
    assert (composed(compositor, scene) != before).any()
    assert len(drawn) == 2
    compositor.set_picture(random_picture(np.random.default_rng(9), *SIZE))
    compositor.compose(scene)
    assert len(drawn) == 3, "the start is as it was"
    compositor.set_layer("start", random_picture(np.random.default_rng(8), *SIZE))
    compositor.compose(scene)
    assert len(drawn) == 4
    compositor.compose(replace(scene, view=View(5.0, 8.0, 6.0)))
    assert len(drawn) == 6


@pytest.mark.gl
def test_three_maps_are_drawn_at_once(compositor: GlCompositor, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(compositor)
    drawn: list[int] = []
    draw = map_layers.gl.glDrawArrays
    with monkeypatch.context() as patched:
        patched.setattr(map_layers, "gl", _Noted(map_layers.gl, lambda *a: (drawn.append(1), draw(*a))))
        compositor.compose(overlay_scene(CASES["all"]))
    assert len(drawn) == 1


class _Noted:
    """A module whose draw calls are noted."""

    def __init__(self, module: object, draw: object) -> None:
        self._module = module
        self.glDrawArrays = draw

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


@given(opacities=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=4))
def test_a_mixture_is_what_blending_one_after_the_other_gives(opacities: list[float]) -> None:
    colours = np.random.default_rng(len(opacities)).random(len(opacities))
    below = expected = 0.3
    for colour, opacity in zip(colours, opacities, strict=True):
        expected = expected * (1 - opacity) + float(colour) * opacity
    weights, whole = mixture(opacities)
    assert math.isclose(sum(weights), 1.0)
    assert math.isclose(below * (1 - whole) + float(np.dot(weights, colours)) * whole, expected)


@pytest.mark.gl
def test_what_the_start_hides_is_not_drawn(gl_context: OffscreenContext) -> None:
    texture = Texture2D.create(4, 4)
    rect = (8.0, 6.0, 392.0, 294.0)
    for overlays, left in (
        (Overlays(start=1.0, split=Split(0.25)), 104.0),
        (Overlays(start=0.9, split=Split(0.25)), 8.0),
        (Overlays(start=1.0), 392.0),
        (Overlays(), 8.0),
    ):
        frame = Frame(overlay_scene(overlays), Style(), rect, {"start": texture})
        assert uncovered_rect(frame) == (left, *rect[1:])
        assert uncovered_rect(replace(frame, textures={})) == rect
    texture.close()


@given(
    points=st.lists(st.tuples(st.floats(-40, 90), st.floats(-40, 90)), max_size=30),
    gap=st.booleans(),
    scale=st.sampled_from([0.7, 3.0]),
)
@settings(deadline=None)
def test_a_path_is_thinned_one_point_after_the_other(points: list[Point], gap: bool, scale: float) -> None:
    if gap and points:
        points[len(points) // 2] = (math.nan, 1.0)
    style, view = OverlayStyle(), View(scale, 8.0, 6.0)
    kept: list[Point] = []
    seen = [view.to_output(point) for point in points if math.isfinite(point[0])]
    for at in seen:
        if not kept or math.dist(kept[-1], at) >= style.path_step_px:
            kept.append(at)
    if len(kept) > 1 and math.isfinite(points[-1][0]):
        kept[-1] = seen[-1]
    rows = path_instances(Scene((400, 300), view, trails=(Trail(tuple(points), RED),)), style)
    count = max(len(kept) - 1, 0)
    assert rows.shape == (2 * count, 12)
    assert rows.dtype == np.float32
    for i, row in enumerate(rows.tolist()):
        at, is_line = i % count, i >= count
        oldest = style.path_oldest_alpha
        alphas = [oldest + (1 - oldest) * (at + end) / count for end in (0, 1)]
        expected = (*kept[at], *kept[at + 1], *RED, float(is_line), *alphas, float(at == 0), 0.0)
        np.testing.assert_allclose(row, np.array(expected, np.float32), rtol=1e-6)
