"""The overlays in numpy: maps as colours, and the shapes of paths, radii and the divider. Pure functions.

Written beside the shaders, not from them: the tests compare the two pixel by pixel. Shapes are straight-alpha
RGBA at pixel centres x, y, as in `render.host_shapes`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.colour_ramps import ramped
from render.compositor import Picture
from render.host_layers import FloatRect, Span, bilinear
from render.host_shapes import BLACK, Array, Layers, ramp_to, to_segment
from render.oklab import to_srgb
from render.overlay_layout import OUTLINE
from render.overlays import Overlays
from render.scene import Colour
from render.style import OverlayStyle

Planes = NDArray[np.float16 | np.float32]
Images = Mapping[str, NDArray[Any]]  # "picture", "start": uint8 (H, W, 3); maps: float (C, h, w)

LIGHTNESS, LIGHTNESS_REACH, HUE_REACH = 0.62, 0.27, 0.14  # of a feature's three components in OKLab


def _features(images: Images, style: OverlayStyle) -> Picture:
    planes = np.clip(images["features"].astype(np.float32), -1, 1)  # (C, h, w)
    if len(planes) == 1:
        return ramped(0.5 + 0.5 * planes[0], "heat")
    lab = np.stack(
        [LIGHTNESS + LIGHTNESS_REACH * planes[0], HUE_REACH * planes[1], HUE_REACH * planes[2]], axis=-1
    )
    return np.rint(to_srgb(lab) * 255).astype(np.uint8)


def _similarity(images: Images, style: OverlayStyle) -> Picture:
    return ramped(images["similarity"][0].astype(np.float32), "heat")


def _difference(images: Images, style: OverlayStyle) -> Picture:
    picture, start = images["picture"], images["start"]
    height, width = picture.shape[:2]
    rows = (np.arange(height, dtype=np.float64) + 0.5) * (start.shape[0] / height)
    columns = (np.arange(width, dtype=np.float64) + 0.5) * (start.shape[1] / width)
    there = start[rows.astype(np.int64)][:, columns.astype(np.int64)]
    apart = np.abs(picture.astype(np.float32) - there).mean(axis=-1) / 255  # (H, W)
    return ramped(apart / np.float32(style.difference_full), "change")


# In the order in which they lie over the picture. A "map" pass of render/passes.py has its twin here:
# (name, images that it reads, its colours in its own texels).
HOST_MAPS: tuple[tuple[str, tuple[str, ...], Callable[[Images, OverlayStyle], Picture]], ...] = (
    ("features", ("features",), _features),
    ("similarity", ("similarity",), _similarity),
    ("difference", ("picture", "start"), _difference),
)


def add_maps(
    part: Picture,
    rect: FloatRect,
    columns: Span,
    rows: Span,
    overlays: Overlays,
    images: Images,
    style: OverlayStyle,
) -> None:
    """Put the maps that are on over `part`, the output px of columns x rows, in place."""
    for name, reads, colours_of in HOST_MAPS:
        opacity = float(getattr(overlays, name))
        if opacity <= 0 or not all(read in images for read in reads):
            continue
        colours = colours_of(images, style).astype(np.float32)  # (h, w, 3)
        height, width = colours.shape[:2]
        x = (np.arange(*columns, dtype=np.float32) + np.float32(0.5) - rect[0]) * width / (rect[2] - rect[0])
        y = (np.arange(*rows, dtype=np.float32) + np.float32(0.5) - rect[1]) * height / (rect[3] - rect[1])
        for channel in range(3):
            drawn = bilinear(colours[..., channel], x, y)
            part[..., channel] = np.rint(part[..., channel] * (1 - opacity) + drawn * opacity)


def path_rgba(x: Array, y: Array, row: NDArray[np.float32], style: OverlayStyle, size: float) -> Array:
    """One segment of a path; `row` as `overlay_layout.path_instances` makes them."""
    start, end = (float(row[0]), float(row[1])), (float(row[2]), float(row[3]))
    is_outline = row[7] == OUTLINE
    radius = (style.path_width_px / 2 + (style.path_outline_px if is_outline else 0.0)) * size
    covered = ramp_to(to_segment(x, y, start, end) - radius)
    if not row[10]:
        covered = np.maximum(covered - ramp_to(np.hypot(x - start[0], y - start[1]) - radius), 0)
    length = max(float(np.hypot(end[0] - start[0], end[1] - start[1])), 1e-6)
    along = ((x - start[0]) * (end[0] - start[0]) + (y - start[1]) * (end[1] - start[1])) / length**2
    fade = row[8] + (row[9] - row[8]) * np.clip(along, 0, 1)
    rgba = np.zeros((*x.shape, 4), np.float32)
    rgba[..., :3] = 0 if is_outline else row[4:7]
    rgba[..., 3] = covered * fade * (style.path_outline_alpha if is_outline else 1.0)
    return rgba


def radius_rgba(x: Array, y: Array, row: NDArray[np.float32], style: OverlayStyle) -> Array:
    """r1 and r2 around a handle; `row` as `overlay_layout.radius_instances` makes them."""
    colour: Colour = (float(row[4]), float(row[5]), float(row[6]))
    away_x, away_y = np.abs(x - row[0]), np.abs(y - row[1])
    half_width = style.radius_width_px / 2
    disc = np.hypot(away_x, away_y) - row[2]
    ring = np.abs(disc) - half_width
    square = np.abs(np.maximum(away_x, away_y) - row[3]) - half_width
    along, period = np.minimum(away_x, away_y), style.search_dash_px
    square = np.maximum(square, np.abs(np.mod(along + period / 2, period) - period / 2) - 0.3 * period)
    layers = Layers(x.shape)
    layers.over(colour, ramp_to(disc) * style.radius_fill_alpha)
    outline = style.radius_outline_px
    layers.over(BLACK, ramp_to(square - outline) * style.radius_outline_alpha * style.search_alpha)
    layers.over(colour, ramp_to(square) * style.search_alpha)
    layers.over(BLACK, ramp_to(ring - outline) * style.radius_outline_alpha)
    layers.over(colour, ramp_to(ring))
    return layers.rgba()


def divider_rgba(
    x: Array, y: Array, place: tuple[float, float], is_lit: bool, style: OverlayStyle, size: float
) -> Array:
    """The line at x = place[0], with its grip at place."""
    tone = style.lit_colour if is_lit else style.line_colour
    px, py = x - np.float32(place[0]), y - np.float32(place[1])
    line = np.abs(px) - style.divider_width_px / 2
    layers = Layers(x.shape)
    layers.over(BLACK, ramp_to(line - style.divider_outline_px) * style.divider_outline_alpha)
    layers.over(tone, ramp_to(line))
    ax, ay, radius = np.abs(px) / size, np.abs(py) / size, style.grip_radius_px
    disc = np.hypot(ax, ay) - radius
    head = to_segment(ax, ay, (0.68 * radius, 0.0), (0.34 * radius, 0.32 * radius)) - 0.9
    layers.over(BLACK, ramp_to((disc - style.divider_outline_px) * size) * style.divider_outline_alpha)
    layers.over(tone, ramp_to(disc * size))
    layers.over(style.grip_colour, ramp_to((disc + 1.8) * size))
    layers.over(tone, ramp_to(head * size))
    return layers.rgba()
