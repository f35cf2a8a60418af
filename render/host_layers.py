"""The host compositor's still layers in numpy and Pillow: shadow, picture, painted mask. Pure functions."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from render.compositor import Mask, Picture
from render.mask_field import FIELD_STEP, FIELD_ZERO, mask_field, painted_bounds
from render.style import MaskStyle

Array = NDArray[np.floating[Any]]
Span = tuple[int, int]  # first pixel and one past the last
FloatRect = tuple[float, float, float, float]


def covered(low: float, high: float, limit: int) -> Span:
    """The pixels whose centres lie between two edges, as a rasteriser decides it."""
    first = min(max(math.ceil(low - 0.5), 0), limit)
    return first, min(max(math.ceil(high - 0.5), first), limit)


def add_shadow(canvas: Picture, rect: FloatRect, reach_px: float, alpha: float) -> None:
    """Darken the pixels around the picture's rect, in place. alpha: where it begins, 0 at reach_px."""
    height, width = canvas.shape[:2]
    x, y = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    out_x = np.maximum(np.maximum(rect[0] - x, x - rect[2]), 0)
    out_y = np.maximum(np.maximum(rect[1] - y, y - rect[3]), 0)
    near_x = np.flatnonzero(out_x < reach_px)
    near_y = np.flatnonzero(out_y < reach_px)
    if len(near_x) == 0 or len(near_y) == 0:
        return
    # Four strips around the picture, as the picture itself covers the rest.
    inner_x = covered(rect[0], rect[2], width)
    inner_y = covered(rect[1], rect[3], height)
    all_x, all_y = (int(near_x[0]), int(near_x[-1]) + 1), (int(near_y[0]), int(near_y[-1]) + 1)
    for (x0, x1), (y0, y1) in (
        (all_x, (all_y[0], inner_y[0])),
        (all_x, (inner_y[1], all_y[1])),
        ((all_x[0], inner_x[0]), inner_y),
        ((inner_x[1], all_x[1]), inner_y),
    ):
        if x0 < x1 and y0 < y1:
            distance = np.hypot(out_x[None, x0:x1], out_y[y0:y1, None])
            fade = np.clip(1 - distance / reach_px, 0, 1)
            part = canvas[y0:y1, x0:x1]
            part[:] = np.rint(part * (1 - alpha * fade * fade)[..., None]).astype(np.uint8)


def resampled(
    picture: Picture, rect: tuple[float, float, float, float], columns: Span, rows: Span
) -> Picture:
    """The pixels (rows, columns) of the picture stretched over rect: Catmull-Rom, border repeated."""
    height, width = picture.shape[:2]
    scale_x, scale_y = (rect[2] - rect[0]) / width, (rect[3] - rect[1]) / height
    box = [
        (columns[0] - rect[0]) / scale_x,
        (rows[0] - rect[1]) / scale_y,
        (columns[1] - rect[0]) / scale_x,
        (rows[1] - rect[1]) / scale_y,
    ]
    if scale_x == scale_y == 1 and all(value == int(value) for value in box):
        x0, y0, x1, y1 = (int(value) for value in box)
        return picture[y0:y1, x0:x1]
    # Pillow drops the filter's taps beyond the image and refuses a box that leaves it, so the border is
    # added here.
    pad = math.ceil(2 / min(scale_x, scale_y, 1.0)) + 1
    padded = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    size = (columns[1] - columns[0], rows[1] - rows[0])
    x0, y0, x1, y1 = (value + pad for value in box)
    resized = Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC, box=(x0, y0, x1, y1))
    return np.asarray(resized)


@dataclass(frozen=True)
class MaskLayer:
    """The painted mask as it is put over a part of the output: output * kept + added."""

    rows: slice
    columns: slice
    added: Array  # (h, w, 3) in 0..255
    kept: Array  # (h, w, 1) in 0..1

    def part(self, columns: Span, rows: Span) -> "MaskLayer":
        """The same, only in these px of the output; possibly empty."""
        x0, y0 = self.columns.start, self.rows.start
        x = slice(max(columns[0], x0), max(min(columns[1], self.columns.stop), columns[0], x0))
        y = slice(max(rows[0], y0), max(min(rows[1], self.rows.stop), rows[0], y0))
        inner = (slice(y.start - y0, y.stop - y0), slice(x.start - x0, x.stop - x0))
        return MaskLayer(y, x, self.added[inner], self.kept[inner])

    def put_over(self, canvas: Picture) -> None:
        """Blend it in, in place."""
        part = canvas[self.rows, self.columns]
        part[:] = np.rint(part * self.kept + self.added).astype(np.uint8)


def mask_layer(
    mask: Mask, rect: FloatRect, columns: Span, rows: Span, style: MaskStyle, opacity: float
) -> MaskLayer | None:
    """The mask stretched over the picture's rect, for the output px of columns x rows; None if unpainted."""
    bounds = painted_bounds(mask)
    if bounds is None:
        return None
    scale_x, scale_y = (rect[2] - rect[0]) / mask.shape[1], (rect[3] - rect[1]) / mask.shape[0]
    columns = _narrowed(bounds[0], bounds[2], rect[0], scale_x, columns)
    rows = _narrowed(bounds[1], bounds[3], rect[1], scale_y, rows)
    if columns[0] >= columns[1] or rows[0] >= rows[1]:
        return None
    x = np.arange(*columns, dtype=np.float32) + np.float32(0.5)
    y = np.arange(*rows, dtype=np.float32) + np.float32(0.5)
    field = mask_field(mask).astype(np.float32)
    alpha = np.empty((2, len(y), len(x)), np.float32)  # (region, h, w)
    diagonal = y[:, None] - rect[1] + x[None, :] - rect[0]
    phase = np.mod(diagonal, style.hatch_period_px) - style.hatch_period_px / 2
    phase *= np.float32(0.5**0.5)
    hatch = np.clip(style.hatch_width_px / 2 + 0.5 - np.abs(phase), 0, 1)
    beside = np.clip(style.hatch_width_px / 2 + 0.5 - np.abs(phase - style.hatch_width_px), 0, 1)
    colour = np.zeros((len(y), len(x), 3), np.float32)
    for region, tone in ((0, style.movable_colour), (1, style.fixed_colour)):
        code = bilinear(field[..., region], (x - rect[0]) / scale_x, (y - rect[1]) / scale_y)
        depth = (code - FIELD_ZERO) * np.float32(scale_x / FIELD_STEP)  # px inside the border
        line = np.clip(style.outline_px + 0.5 - depth, 0, 1)
        shade = np.clip(style.outline_px + style.outline_shade_px + 0.5 - depth, 0, 1)
        if region == 1:
            line, shade = np.maximum(line, hatch), np.maximum(shade, beside)
        shade = shade * style.shade * (1 - line)
        alpha[region] = np.clip(depth + 0.5, 0, 1) * np.maximum(style.tint, np.maximum(line, shade))
        colour += (alpha[region] * (1 - shade))[..., None] * np.asarray(tone, np.float32)
    total = alpha.sum(axis=0)
    strength = np.minimum(total, 1) * np.float32(opacity)
    colour *= (255 * strength / np.maximum(total, 1e-5))[..., None]
    return MaskLayer(slice(*rows), slice(*columns), colour, (1 - strength)[..., None])


def _narrowed(first_texel: int, end_texel: int, offset: float, scale: float, span: Span) -> Span:
    """The part of a span of output px that contours around these texels can reach."""
    first = math.floor(offset + scale * (first_texel - 1))
    last = math.ceil(offset + scale * (end_texel + 1))
    return max(span[0], first), min(span[1], last)


def bilinear(values: Array, x: Array, y: Array) -> Array:
    """values (H, W) read at texel coordinates (edges at integers), on the grid y (h,), x (w,): (h, w)."""

    def taps(position: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        shifted = np.asarray(position, np.float32) - np.float32(0.5)
        low = np.floor(shifted).astype(np.int64)
        weight = (shifted - low).astype(np.float32)
        return np.clip(low, 0, count - 1), np.clip(low + 1, 0, count - 1), weight

    top, bottom, t = taps(y, values.shape[0])
    left, right, s = taps(x, values.shape[1])
    in_rows = values[top] * (1 - t)[:, None] + values[bottom] * t[:, None]  # (h, W)
    return in_rows[:, left] * (1 - s) + in_rows[:, right] * s
