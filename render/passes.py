"""The table of passes: what is drawn over the background, in which order, and with which inputs.

To add an overlay:

1. write its fragment shader, shaders/<name>.frag (`#version 330` first), with `gl_FragCoord.xy` = output px,
   y down;
2. register it here: `Pass("<name>", vertex="rect.vert", layer="live", opacity=..., uniforms=...)` in
   `PASSES`, at its place in the order. `rect.vert` covers the picture; give `rect=` for another rectangle, or
   `instances=` with a vertex shader of your own to draw many small quads (their rows arrive as vec4
   attributes, location 0 on).

Every program gets, when it declares them: `u_output_size` (vec2), `u_rect` (vec4: the pass's rectangle in
output px), `u_view_scale` (float), `u_opacity` (float), and one sampler per texture of the frame, `u_<texture
name>`: u_picture, u_rows, u_mask; while an overlay needs them u_start, u_start_rows, u_features and
u_similarity (planes below each other).

"still" passes are drawn again only when something that they show changes; "live" passes every frame. A "map"
pass turns numbers into colours: it fills a texture of `map_size`, where `gl_FragCoord.xy` are its texels,
once per map or picture, and that texture is stretched over the picture with the pass's opacity, mixed with
those of the "map" passes beside it in the table. It also gets
u_ramps (render/colour_ramps.py, one ramp a row), and is run again when a texture of its `reads` or a uniform
of its own changes. A pass whose opacity is 0, or that lacks a texture of its `reads`, costs one comparison.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from render.frame_pass import FloatRect, Frame, Pass, resample_uniforms, style_uniforms
from render.marker_layout import arrow_instances, point_instances
from render.mask_field import FIELD_STEP, FIELD_ZERO
from render.overlay_layout import path_instances, radius_instances
from render.overlay_passes import (
    difference_uniforms,
    divider_rect,
    divider_uniforms,
    features_uniforms,
    has_divider,
    marker_opacity,
    opacity_of,
    overlay_uniforms,
    picture_size,
    plane_size,
    similarity_uniforms,
    start_rect,
    start_uniforms,
    uncovered_rect,
)
from render.scene import BRUSH_MODES
from render.shader_program import UniformValue


def _shadow_uniforms(frame: Frame) -> dict[str, UniformValue]:
    backdrop = frame.style.backdrop
    return {
        "u_shadow_px": backdrop.shadow_px,
        "u_shadow_alpha": backdrop.shadow_alpha_on(frame.scene.background),
    }


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
        **style_uniforms(frame.style.mask),
        "u_picture_rect": frame.picture_rect,
        "u_texel_px": _mask_texel_px(frame),
        "u_field_zero": float(FIELD_ZERO),
        "u_field_step": float(FIELD_STEP),
    }


def _point_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    return {**style_uniforms(frame.style.marker), "u_reach_px": frame.style.marker.reach_px}


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
        uniforms=_shadow_uniforms,
        instances=_shadow_strips,
    ),
    Pass(
        "magnify",
        vertex="rect.vert",
        layer="still",
        uniforms=_picture_uniforms,
        is_visible=lambda frame: frame.magnification[1] >= 1,
        rect=uncovered_rect,
        is_opaque=True,
    ),
    Pass(
        "minify",
        vertex="rect.vert",
        layer="still",
        uniforms=_picture_uniforms,
        is_visible=lambda frame: frame.magnification[1] < 1,
        rect=uncovered_rect,
        is_opaque=True,
    ),
    Pass(
        "features",
        vertex="rect.vert",
        layer="map",
        uniforms=features_uniforms,
        opacity=opacity_of("features"),
        reads=("features",),
        map_size=plane_size("features"),
    ),
    Pass(
        "similarity",
        vertex="rect.vert",
        layer="map",
        uniforms=similarity_uniforms,
        opacity=opacity_of("similarity"),
        reads=("similarity",),
        map_size=plane_size("similarity"),
    ),
    Pass(
        "difference",
        vertex="rect.vert",
        layer="map",
        uniforms=difference_uniforms,
        opacity=opacity_of("difference"),
        reads=("picture", "start"),
        map_size=picture_size,
    ),
    Pass(
        "start magnified",
        fragment_name="magnify",
        vertex="rect.vert",
        layer="still",
        uniforms=start_uniforms,
        opacity=opacity_of("start"),
        is_visible=lambda frame: frame.magnification_of("start")[1] >= 1,
        reads=("start",),
        rect=start_rect,
    ),
    Pass(
        "start minified",
        fragment_name="minify",
        vertex="rect.vert",
        layer="still",
        uniforms=start_uniforms,
        opacity=opacity_of("start"),
        is_visible=lambda frame: frame.magnification_of("start")[1] < 1,
        reads=("start",),
        rect=start_rect,
    ),
    Pass(
        "mask",
        vertex="rect.vert",
        layer="still",
        uniforms=_mask_uniforms,
        opacity=lambda frame: min(max(frame.scene.mask_opacity, 0.0), 1.0),
        is_visible=lambda frame: frame.mask_bounds is not None,
        rect=_mask_rect,
    ),
    Pass(
        "divider",
        vertex="rect.vert",
        layer="live",
        uniforms=divider_uniforms,
        opacity=opacity_of("start"),
        is_visible=has_divider,
        reads=("start",),
        rect=divider_rect,
    ),
    Pass(
        "radius",
        vertex="radius.vert",
        layer="live",
        uniforms=overlay_uniforms,
        opacity=marker_opacity("radii"),
        instances=lambda frame: radius_instances(frame.scene),
    ),
    Pass(
        "path",
        vertex="path.vert",
        layer="live",
        uniforms=lambda frame: {**overlay_uniforms(frame), "u_size": frame.scene.marker_scale},
        opacity=marker_opacity("paths"),
        instances=lambda frame: path_instances(frame.scene, frame.style.overlay),
    ),
    Pass(
        "arrow",
        vertex="arrow.vert",
        layer="live",
        uniforms=lambda frame: style_uniforms(frame.style.marker),
        opacity=marker_opacity("arrows"),
        instances=lambda frame: arrow_instances(frame.scene, frame.style.marker),
    ),
    Pass(
        "point",
        vertex="point.vert",
        layer="live",
        uniforms=_point_uniforms,
        opacity=marker_opacity("handles"),
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
