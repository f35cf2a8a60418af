"""The host compositor's live layer in numpy: divider, radii, paths, arrows, points, the brush.

Drawn anew in each frame over the still layers, in place, and only near where each of them lies.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.compositor import Picture
from render.host_layers import FloatRect, covered
from render.host_overlays import divider_rgba, path_rgba, radius_rgba
from render.host_shapes import arrow_rgba, brush_rgba, point_rgba
from render.marker_layout import arrow_instances, point_instances
from render.overlay_layout import divider_x, grip_y, path_instances, radius_instances
from render.scene import Scene
from render.style import MarkerStyle, MaskStyle, OverlayStyle, Style

Array = NDArray[np.floating[Any]]


def add_live_layer(output: Picture, scene: Scene, style: Style, split_rect: FloatRect | None) -> None:
    """All that the scene shows of it. split_rect: the picture's, px of the output, where the start can be
    beside it; else None."""
    overlays = scene.overlays
    if split_rect is not None and overlays.start > 0 and overlays.split is not None:
        _add_divider(output, scene, split_rect, style.overlay)
    if scene.show_markers and overlays.radii > 0:
        _add_radii(output, scene, style.overlay)
    if scene.show_markers and overlays.paths > 0:
        _add_paths(output, scene, style.overlay)
    if scene.show_markers and overlays.arrows > 0:
        _add_arrows(output, scene, style.marker)
    if scene.show_markers and overlays.handles > 0:
        _add_points(output, scene, style.marker)
    _add_brush(output, scene, style.mask)


def _add_divider(output: Picture, scene: Scene, rect: FloatRect, style: OverlayStyle) -> None:
    split = scene.overlays.split
    assert split is not None, "asked only where there is one"
    place = (divider_x(scene, rect), grip_y(scene, rect))
    reach = style.grip_radius_px * scene.marker_scale + style.divider_outline_px + 1
    rows = covered(rect[1], rect[3], scene.size[1])
    box = _pixels(output, place[0] - reach, rows[0], place[0] + reach, rows[1])
    if box is not None:
        part, x, y = box
        rgba = divider_rgba(x, y, place, split.is_lit, style, scene.marker_scale)
        part[:] = _blended(part, rgba)


def _add_radii(output: Picture, scene: Scene, style: OverlayStyle) -> None:
    margin = style.radius_width_px + style.radius_outline_px + 1
    for row in radius_instances(scene):
        reach = max(float(row[2]), float(row[3])) + margin
        box = _pixels(output, row[0] - reach, row[1] - reach, row[0] + reach, row[1] + reach)
        if box is not None:
            part, x, y = box
            part[:] = _blended(part, radius_rgba(x, y, row, style), scene.overlays.radii)


def _add_paths(output: Picture, scene: Scene, style: OverlayStyle) -> None:
    size = scene.marker_scale
    margin = (style.path_width_px / 2 + style.path_outline_px) * size + 1
    for row in path_instances(scene, style):
        low, high = np.minimum(row[0:2], row[2:4]) - margin, np.maximum(row[0:2], row[2:4]) + margin
        box = _pixels(output, *map(float, (*low, *high)))
        if box is not None:
            part, x, y = box
            part[:] = _blended(part, path_rgba(x, y, row, style, size), scene.overlays.paths)


def _add_arrows(output: Picture, scene: Scene, style: MarkerStyle) -> None:
    """Only the pixels in a narrow band along each arrow: its bounding box may be the whole output."""
    height, width = output.shape[:2]
    for row in arrow_instances(scene, style):
        tail, tip = row[0:2].astype(float), row[2:4].astype(float)
        size = float(row[8])
        margin = (style.head_half_width_px + style.outline_px + 2) * size + 2
        major = 0 if abs(tip[0] - tail[0]) >= abs(tip[1] - tail[1]) else 1
        limit = (width, height)[major]
        first = max(math.floor(min(tail[major], tip[major]) - margin), 0)
        last = min(math.ceil(max(tail[major], tip[major]) + margin), limit)
        if first >= last:
            continue
        slope = (tip[1 - major] - tail[1 - major]) / (tip[major] - tail[major])
        reach = math.ceil(margin * math.sqrt(2)) + 1
        steps = np.arange(first, last, dtype=np.int64)
        middle = np.floor(tail[1 - major] + (steps + 0.5 - tail[major]) * slope).astype(np.int64)
        across = middle[:, None] + np.arange(-reach, reach + 1)
        along = np.broadcast_to(steps[:, None], across.shape)
        inside = (across >= 0) & (across < (width, height)[1 - major])
        pixel_x, pixel_y = (along, across) if major == 0 else (across, along)
        pixel_x, pixel_y = pixel_x[inside], pixel_y[inside]
        rgba = arrow_rgba((pixel_x + 0.5).astype(np.float32), (pixel_y + 0.5).astype(np.float32), row, style)
        below = output[pixel_y, pixel_x]
        output[pixel_y, pixel_x] = _blended(below, rgba, scene.overlays.arrows)


def _add_points(output: Picture, scene: Scene, style: MarkerStyle) -> None:
    for row in point_instances(scene, style):
        reach = style.reach_px * float(row[7]) + 2
        box = _pixels(output, row[0] - reach, row[1] - reach, row[0] + reach, row[1] + reach)
        if box is not None:
            part, x, y = box
            part[:] = _blended(part, point_rgba(x, y, row, style), scene.overlays.handles)


def _add_brush(output: Picture, scene: Scene, style: MaskStyle) -> None:
    brush = scene.brush
    if brush is None:
        return
    centre_x, centre_y = scene.view.to_output((brush.x, brush.y))
    radius = brush.radius_px * scene.view.scale
    reach = radius + style.brush_width_px + style.brush_outline_px + 1
    box = _pixels(output, centre_x - reach, centre_y - reach, centre_x + reach, centre_y + reach)
    if box is not None:
        part, x, y = box
        colours = {
            "movable": style.movable_colour,
            "fixed": style.fixed_colour,
            "erase": style.erase_colour,
        }
        circle = (centre_x, centre_y, radius)
        part[:] = _blended(part, brush_rgba(x, y, circle, brush.mode, colours[brush.mode], style))


def _pixels(
    output: Picture, x0: float, y0: float, x1: float, y1: float
) -> tuple[Picture, Array, Array] | None:
    """The output's pixels in a box: a view of them, and their centres' x and y; None if empty."""
    height, width = output.shape[:2]
    left, top = max(math.floor(x0), 0), max(math.floor(y0), 0)
    right, bottom = min(math.ceil(x1), width), min(math.ceil(y1), height)
    if left >= right or top >= bottom:
        return None
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32) + np.float32(0.5)
    return output[top:bottom, left:right], x, y


def _blended(below: Picture, rgba: Array, opacity: float = 1.0) -> Picture:
    """Straight-alpha colours over uint8 pixels."""
    alpha = rgba[..., 3:] * opacity
    mixed = rgba[..., :3] * alpha * 255 + below * (1 - alpha)
    return np.rint(mixed).astype(np.uint8)
