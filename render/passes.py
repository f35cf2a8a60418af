"""The table of passes: what is drawn over the background, in which order, and with which inputs.

To add an overlay pass:

1. write its fragment shader, shaders/<name>.frag (`#version 330` first), with `gl_FragCoord.xy` = output
px, y down;
2. register it here: `Pass("<name>", vertex="rect.vert", layer="still", uniforms=..., is_visible=...)` in
`PASSES`, at
   its place in the order. `rect.vert` covers the picture; give `rect=` for another rectangle, or
   `instances=` with a vertex shader of your own to draw many small quads (their rows arrive as vec4
   attributes, location 0 on).

Every program gets, when it declares them: `u_output_size` (vec2), `u_rect` (vec4: the pass's rectangle in
output px), `u_view_scale` (float), and one sampler per texture of the frame, `u_<texture name>` (u_picture,
u_rows, u_mask). "still" passes are drawn again only when picture, mask, view, size or background change;
"live" passes every frame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from render.compositor import Rect
from render.marker_layout import arrow_instances, point_instances
from render.mask_field import FIELD_STEP, FIELD_ZERO
from render.scene import BRUSH_MODES, Scene
from render.shader_program import UniformValue
from render.style import BackdropStyle, MarkerStyle, MaskStyle, Style
from render.textures import Texture2D

FloatRect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """What a pass may read: scene, look, the picture's rectangle in output px, textures by name."""

    scene: Scene
    style: Style
    picture_rect: FloatRect
    textures: Mapping[str, Texture2D] = field(default_factory=dict[str, Texture2D])
    mask_bounds: Rect | None = None  # the painted part of the mask in its texels; None = nothing is painted

    @property
    def magnification(self) -> tuple[float, float]:
        """Output px per texel of the picture, along x and y (a preview's is not the view's scale)."""
        x0, y0, x1, y1 = self.picture_rect
        picture = self.textures["picture"]
        return ((x1 - x0) / picture.width, (y1 - y0) / picture.height)


def _picture_rect(frame: Frame) -> FloatRect:
    return frame.picture_rect


def _no_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    return {}


def _always(frame: Frame) -> bool:
    return True


@dataclass(frozen=True)
class Pass:
    """One shader pair and what it is fed with."""

    name: str  # of the fragment shader's file
    vertex: str  # file of the vertex shader
    layer: Literal["still", "live"]
    uniforms: Callable[[Frame], Mapping[str, UniformValue]] = _no_uniforms
    is_visible: Callable[[Frame], bool] = _always
    rect: Callable[[Frame], FloatRect] = _picture_rect
    instances: Callable[[Frame], NDArray[np.float32]] | None = None  # (N, 4 k) rows; None = one quad
    is_opaque: bool = False  # no blending: the pass covers what lies below


def _style_uniforms(style: BackdropStyle | MarkerStyle | MaskStyle) -> dict[str, UniformValue]:
    """Every number and colour of a style as a uniform of its name."""
    values: dict[str, UniformValue] = {}
    for item in fields(style):
        value: Any = getattr(style, item.name)
        values["u_" + item.name] = value
    return values


def _shadow_strips(frame: Frame) -> NDArray[np.float32]:
    x0, y0, x1, y1 = frame.picture_rect
    reach = frame.style.backdrop.shadow_px
    return np.array(
        [
            (x0 - reach, y0 - reach, x1 + reach, y0),
            (x0 - reach, y1, x1 + reach, y1 + reach),
            (x0 - reach, y0, x0, y1),
            (x1, y0, x1 + reach, y1),
        ],
        np.float32,
    )


def resample_uniforms(axis: int, scale: float, offset: float) -> dict[str, UniformValue]:
    """What magnify.frag and minify.frag need, for axis 0 = x or 1 = y; the caller chooses between the two."""
    return {"u_axis": (1.0 - axis, float(axis)), "u_scale": scale, "u_offset": offset}


def _picture_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    # The rows texture is the picture already resampled along x, see render/row_resampler.py.
    return {
        **resample_uniforms(1, frame.magnification[1], frame.picture_rect[1]),
        "u_source": tuple(frame.textures).index("rows"),
    }


def _mask_texel_px(frame: Frame) -> float:
    return (frame.picture_rect[2] - frame.picture_rect[0]) / frame.textures["mask"].width


def _mask_rect(frame: Frame) -> FloatRect:
    """The painted part of the picture, in output px; contours may reach half a texel beyond."""
    x0, y0, x1, y1 = frame.mask_bounds or (0, 0, 0, 0)
    left, top, right, bottom = frame.picture_rect
    texel_x, texel_y = _mask_texel_px(frame), (bottom - top) / frame.textures["mask"].height
    return (
        max(left + (x0 - 1) * texel_x, left),
        max(top + (y0 - 1) * texel_y, top),
        min(left + (x1 + 1) * texel_x, right),
        min(top + (y1 + 1) * texel_y, bottom),
    )


def _mask_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    return {
        **_style_uniforms(frame.style.mask),
        "u_picture_rect": frame.picture_rect,
        "u_opacity": min(max(frame.scene.mask_opacity, 0.0), 1.0),
        "u_texel_px": _mask_texel_px(frame),
        "u_field_zero": float(FIELD_ZERO),
        "u_field_step": float(FIELD_STEP),
    }


def _point_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    return {**_style_uniforms(frame.style.marker), "u_reach_px": frame.style.marker.reach_px}


def _brush_circle(frame: Frame) -> tuple[float, float, float]:
    """Centre and radius in output px."""
    brush = frame.scene.brush
    assert brush is not None, "the brush pass is visible only with a brush"
    x, y = frame.scene.view.to_output((brush.x, brush.y))
    return (x, y, brush.radius_px * frame.scene.view.scale)


def _brush_rect(frame: Frame) -> FloatRect:
    x, y, radius = _brush_circle(frame)
    reach = radius + frame.style.mask.brush_width_px + frame.style.mask.brush_outline_px + 1.0
    return (x - reach, y - reach, x + reach, y + reach)


def _brush_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    style = frame.style.mask
    brush = frame.scene.brush
    assert brush is not None, "the brush pass is visible only with a brush"
    colours = {"movable": style.movable_colour, "fixed": style.fixed_colour, "erase": style.erase_colour}
    return {
        "u_circle": _brush_circle(frame),
        "u_colour": colours[brush.mode],
        "u_mode": BRUSH_MODES.index(brush.mode),
        "u_brush_width_px": style.brush_width_px,
        "u_outline_px": style.brush_outline_px,
        "u_outline_alpha": style.brush_outline_alpha,
        "u_brush_fill_alpha": style.brush_fill_alpha,
        "u_brush_dash_px": style.brush_dash_px,
    }


PASSES: tuple[Pass, ...] = (
    Pass(
        "shadow",
        vertex="shadow.vert",
        layer="still",
        uniforms=lambda frame: _style_uniforms(frame.style.backdrop),
        instances=_shadow_strips,
    ),
    Pass(
        "magnify",
        vertex="rect.vert",
        layer="still",
        uniforms=_picture_uniforms,
        is_visible=lambda frame: frame.magnification[1] >= 1,
        is_opaque=True,
    ),
    Pass(
        "minify",
        vertex="rect.vert",
        layer="still",
        uniforms=_picture_uniforms,
        is_visible=lambda frame: frame.magnification[1] < 1,
        is_opaque=True,
    ),
    Pass(
        "mask",
        vertex="rect.vert",
        layer="still",
        uniforms=_mask_uniforms,
        is_visible=lambda frame: frame.mask_bounds is not None and frame.scene.mask_opacity > 0,
        rect=_mask_rect,
    ),
    Pass(
        "arrow",
        vertex="arrow.vert",
        layer="live",
        uniforms=lambda frame: _style_uniforms(frame.style.marker),
        is_visible=lambda frame: frame.scene.show_markers,
        instances=lambda frame: arrow_instances(frame.scene, frame.style.marker),
    ),
    Pass(
        "point",
        vertex="point.vert",
        layer="live",
        uniforms=_point_uniforms,
        is_visible=lambda frame: frame.scene.show_markers,
        instances=lambda frame: point_instances(frame.scene, frame.style.marker),
    ),
    Pass(
        "brush",
        vertex="rect.vert",
        layer="live",
        uniforms=_brush_uniforms,
        is_visible=lambda frame: frame.scene.brush is not None,
        rect=_brush_rect,
    ),
)
