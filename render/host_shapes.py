"""The overlay shapes in numpy: handle and target points, arrows, the brush circle, as signed distances with
a ramp of one pixel. Written beside the shaders, not from them: the tests compare the two pixel by pixel.

Every function takes pixel centres as x, y arrays (any shape S) in output px and returns straight-alpha
RGBA, S + (4,).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.marker_layout import HANDLE_KIND
from render.scene import MARKER_STATES, BrushMode, Colour
from render.style import MarkerStyle, MaskStyle

Array = NDArray[np.floating[Any]]
WHITE = (1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0)
_GREY = 0.62


class Layers:
    """Straight-alpha colours put over one another."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.rgb = np.zeros((*shape, 3), np.float32)
        self.alpha = np.zeros(shape, np.float32)

    def over(self, colour: Colour, alpha: Array) -> None:
        total = alpha + self.alpha * (1 - alpha)
        kept = (self.alpha * (1 - alpha))[..., None]
        divisor = np.where(total > 0, total, 1)[..., None]
        self.rgb = (np.asarray(colour, np.float32) * alpha[..., None] + self.rgb * kept) / divisor
        self.alpha = total

    def rgba(self) -> Array:
        return np.concatenate([self.rgb, self.alpha[..., None]], axis=-1)


def ramp_to(distance: Array) -> Array:
    """Coverage of a pixel whose centre lies at this signed distance (px, negative inside)."""
    return np.clip(0.5 - distance, 0, 1)


def to_segment(x: Array, y: Array, a: tuple[float, float], b: tuple[float, float]) -> Array:
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - a[0] - dx * t, y - a[1] - dy * t)


def _tone(colour: Colour, state: str) -> Colour:
    if state != "lost":
        return colour
    red, green, blue = ((value + _GREY) / 2 for value in colour)
    return (red, green, blue)


def point_rgba(x: Array, y: Array, row: NDArray[np.float32], style: MarkerStyle) -> Array:
    """A handle or target point; `row` as `marker_layout.point_instances` makes them."""
    size = float(row[7])
    state = MARKER_STATES[int(row[3])]
    is_handle = int(row[2]) == HANDLE_KIND
    colour = _tone((float(row[4]), float(row[5]), float(row[6])), state)
    px, py = (x - row[0]) / size, (y - row[1]) / size
    ax, ay = np.abs(px), np.abs(py)
    if is_handle:
        middle, width = np.hypot(px, py) - style.ring_radius_px, style.ring_width_px
    else:
        middle, width = (ax + ay - style.diamond_radius_px) * np.float32(0.5**0.5), style.diamond_width_px
    outer, line = middle - width / 2, np.abs(middle) - width / 2

    layers = Layers(x.shape)
    if state == "hovered":
        glow = np.clip(1 - (outer - style.outline_px) / style.glow_px, 0, 1)
        layers.over(WHITE, style.glow_alpha * glow * glow)
    if state == "selected":
        second = np.abs(outer - style.selection_gap_px) - style.selection_width_px / 2
        layers.over(BLACK, ramp_to((second - style.outline_px) * size) * style.outline_alpha)
        layers.over(WHITE, ramp_to(second * size))
    layers.over(BLACK, ramp_to(outer * size) * style.inner_shade_alpha)
    if state == "done":
        layers.over(BLACK, ramp_to((outer - style.outline_px) * size) * style.outline_alpha)
        layers.over(colour, ramp_to(outer * size))
        if is_handle:
            check = np.minimum(
                to_segment(px, py, (-3.6, 0.3), (-1.1, 2.9)), to_segment(px, py, (-1.1, 2.9), (3.8, -2.8))
            )
            layers.over(BLACK, ramp_to((check - 1.9) * size) * style.outline_alpha)
            layers.over(WHITE, ramp_to((check - 1.05) * size))
        return layers.rgba()
    if state == "lost":
        sixth = np.float32(np.pi / 3)
        off_gap = np.abs(np.mod(np.arctan2(py, px) + sixth / 2, sixth) - sixth / 2) * style.ring_radius_px
        line = np.maximum(line, 2.2 - (off_gap if is_handle else np.minimum(ax, ay)))
        mark = to_segment(ax, ay, (0, 0), (2.4, 2.4)) - 0.8
    elif is_handle:
        mark = np.hypot(px, py) - style.dot_radius_px
    else:
        arm = style.cross_arm_px
        mark = np.minimum(to_segment(ax, ay, (0, 0), (arm, 0)), to_segment(ax, ay, (0, 0), (0, arm))) - 0.75
    layers.over(BLACK, ramp_to((np.minimum(line, mark) - style.outline_px) * size) * style.outline_alpha)
    layers.over(colour, ramp_to(line * size))
    layers.over(WHITE, ramp_to(mark * size))
    return layers.rgba()


def arrow_rgba(x: Array, y: Array, row: NDArray[np.float32], style: MarkerStyle) -> Array:
    """An arrow; `row` as `marker_layout.arrow_instances` makes them."""
    tail_x, tail_y, tip_x, tip_y = (float(value) for value in row[:4])
    state = MARKER_STATES[int(row[7])]
    size = float(row[8])
    colour = _tone((float(row[4]), float(row[5]), float(row[6])), state)
    length = float(np.hypot(tip_x - tail_x, tip_y - tail_y))
    axis_x, axis_y = (tip_x - tail_x) / length, (tip_y - tail_y) / length
    along = ((x - tail_x) * axis_x + (y - tail_y) * axis_y).astype(np.float32)
    across = np.abs((y - tail_y) * axis_x - (x - tail_x) * axis_y).astype(np.float32)

    full_head = style.head_length_px * size
    head = min(full_head, length)
    half_width = style.head_half_width_px * size * head / full_head
    half_shaft = (length - 0.7 * head) / 2
    out_along = np.abs(along - half_shaft) - half_shaft
    out_across = across - style.arrow_width_px * size / 2
    shaft = np.hypot(np.maximum(out_along, 0), np.maximum(out_across, 0))
    shaft += np.minimum(np.maximum(out_along, out_across), 0)
    if state == "lost":
        period = style.dash_period_px * size
        shaft = np.maximum(shaft, np.abs(np.mod(along, period) - period / 2) - 0.28 * period)
    norm = float(np.hypot(half_width, head))
    slanted = ((along - length) * half_width + across * head) / norm
    distance = np.minimum(shaft, np.maximum(slanted, length - head - along))

    layers = Layers(x.shape)
    layers.over(BLACK, ramp_to(distance - style.outline_px * size) * style.outline_alpha)
    layers.over(colour, ramp_to(distance))
    rgba = layers.rgba()
    if state == "done":
        rgba[..., 3] *= style.done_alpha
    return rgba


def brush_rgba(
    x: Array, y: Array, circle: tuple[float, float, float], mode: BrushMode, colour: Colour, style: MaskStyle
) -> Array:
    """The brush circle of (centre x, centre y, radius) in output px."""
    px, py, radius = x - np.float32(circle[0]), y - np.float32(circle[1]), circle[2]
    middle = np.hypot(px, py) - np.float32(radius)
    line = np.abs(middle) - style.brush_width_px / 2
    ring = ramp_to(line)
    if mode != "movable":
        period = style.brush_dash_px * (1.0 if mode == "fixed" else 0.5)
        count = max(np.floor(2 * np.pi * radius / period + 0.5), 4.0)
        turn = np.mod((np.arctan2(py, px) / np.float32(2 * np.pi) + 0.5) * np.float32(count), 1.0)
        ring = ring * ramp_to((np.abs(turn - 0.5) - 0.3) * np.float32(2 * np.pi * radius / count))
    layers = Layers(x.shape)
    layers.over(colour, ramp_to(middle) * style.brush_fill_alpha)
    # Outline and line are one shape: the outline shows where the line does not.
    outline = ramp_to(line - style.brush_outline_px) * style.brush_outline_alpha
    layers.over(BLACK, outline)
    layers.over(colour, ring)
    return layers.rgba()
