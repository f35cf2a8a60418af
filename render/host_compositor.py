"""`HostCompositor`: composes scenes with numpy and Pillow, without any GL.

For video export without a display, for the portable window, and as the independent oracle of the GL passes'
tests.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from render.compositor import Mask, Picture, Rect
from render.host_shapes import arrow_rgba, brush_rgba, point_rgba
from render.inputs import check_mask, check_picture, check_rect, check_size
from render.marker_layout import arrow_instances, point_instances
from render.mask_field import FIELD_STEP, FIELD_ZERO, mask_field, painted_bounds
from render.scene import Scene
from render.style import Style

Array = NDArray[np.floating[Any]]
Span = tuple[int, int]  # first pixel and one past the last


class HostCompositor:
    """See `render.compositor.Compositor`."""

    def __init__(self, style: Style | None = None) -> None:
        """`style` None = the standard look."""
        self.style = style or Style()
        self._picture: Picture | None = None
        self._mask: Mask | None = None
        self._still: Picture = np.zeros((1, 1, 3), np.uint8)  # background, picture and mask, without markers
        self._drawn_still: Scene | None = None
        self._output: Picture = np.zeros((1, 1, 3), np.uint8)

    def set_picture(self, picture: object) -> None:
        """Show this picture from the next compose on; see `Compositor.set_picture`."""
        self._picture = check_picture(picture).copy()
        self._drawn_still = None

    def set_mask(self, mask: Mask | None, rect: Rect | None = None) -> None:
        """Show this mask from the next compose on; see `Compositor.set_mask`."""
        if mask is None:
            self._mask = None
        else:
            mask = check_mask(mask)
            if rect is not None:
                check_rect(rect, mask)
            if rect is None or self._mask is None or self._mask.shape != mask.shape:
                self._mask = mask.copy()
            else:
                x0, y0, x1, y1 = rect
                self._mask[y0:y1, x0:x1] = mask[y0:y1, x0:x1]
        self._drawn_still = None

    def compose(self, scene: Scene) -> None:
        """Draw the scene; `read()` returns it."""
        if self._drawn_still is None or self._drawn_still.still_key != scene.still_key:
            self._draw_still_layer(scene)
            self._drawn_still = scene
        self._output = self._still.copy()
        if scene.show_markers:
            self._draw_arrows(scene)
            self._draw_points(scene)
        self._draw_brush(scene)

    def read(self) -> Picture:
        """The composed output as uint8 (h, w, 3), row 0 on top."""
        return self._output.copy()

    def resize(self, width: int, height: int) -> None:
        """Change the output's size; it is black until the next compose."""
        check_size(width, height)
        self._output = np.zeros((height, width, 3), np.uint8)
        self._drawn_still = None

    def close(self) -> None:
        """Let go of picture and mask."""
        self._picture = self._mask = self._drawn_still = None

    def _draw_still_layer(self, scene: Scene) -> None:
        width, height = scene.size
        self._still = np.empty((height, width, 3), np.uint8)
        self._still[:] = np.rint(np.clip(np.array(scene.background), 0, 1) * 255).astype(np.uint8)
        if self._picture is None:
            return
        image_height, image_width = self._picture.shape[:2]
        rect = scene.view.picture_rect(scene.image_size or (image_width, image_height))
        self._draw_shadow(rect)
        columns, rows = _covered(rect[0], rect[2], width), _covered(rect[1], rect[3], height)
        if columns[0] >= columns[1] or rows[0] >= rows[1]:
            return
        self._still[slice(*rows), slice(*columns)] = _resampled(self._picture, rect, columns, rows)
        if self._mask is not None and scene.mask_opacity > 0:
            self._draw_mask(self._mask, rect, columns, rows, min(scene.mask_opacity, 1.0))

    def _draw_shadow(self, rect: tuple[float, float, float, float]) -> None:
        height, width = self._still.shape[:2]
        style = self.style.backdrop
        x, y = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
        out_x = np.maximum(np.maximum(rect[0] - x, x - rect[2]), 0)
        out_y = np.maximum(np.maximum(rect[1] - y, y - rect[3]), 0)
        near_x = np.flatnonzero(out_x < style.shadow_px)
        near_y = np.flatnonzero(out_y < style.shadow_px)
        if len(near_x) == 0 or len(near_y) == 0:
            return
        # Four strips around the picture, as the picture itself covers the rest.
        inner_x = _covered(rect[0], rect[2], width)
        inner_y = _covered(rect[1], rect[3], height)
        all_x, all_y = (int(near_x[0]), int(near_x[-1]) + 1), (int(near_y[0]), int(near_y[-1]) + 1)
        for (x0, x1), (y0, y1) in (
            (all_x, (all_y[0], inner_y[0])),
            (all_x, (inner_y[1], all_y[1])),
            ((all_x[0], inner_x[0]), inner_y),
            ((inner_x[1], all_x[1]), inner_y),
        ):
            if x0 < x1 and y0 < y1:
                distance = np.hypot(out_x[None, x0:x1], out_y[y0:y1, None])
                fade = np.clip(1 - distance / style.shadow_px, 0, 1)
                part = self._still[y0:y1, x0:x1]
                part[:] = np.rint(part * (1 - style.shadow_alpha * fade * fade)[..., None]).astype(np.uint8)

    def _draw_mask(
        self, mask: Mask, rect: tuple[float, float, float, float], columns: Span, rows: Span, opacity: float
    ) -> None:
        style = self.style.mask
        bounds = painted_bounds(mask)
        if bounds is None:
            return
        scale_x, scale_y = (rect[2] - rect[0]) / mask.shape[1], (rect[3] - rect[1]) / mask.shape[0]
        columns = _narrowed(bounds[0], bounds[2], rect[0], scale_x, columns)
        rows = _narrowed(bounds[1], bounds[3], rect[1], scale_y, rows)
        if columns[0] >= columns[1] or rows[0] >= rows[1]:
            return
        x = np.arange(*columns, dtype=np.float32) + np.float32(0.5)
        y = np.arange(*rows, dtype=np.float32) + np.float32(0.5)
        field = mask_field(mask).astype(np.float32)
        alpha = np.empty((2, len(y), len(x)), np.float32)  # (region, h, w)
        diagonal = y[:, None] - rect[1] + x[None, :] - rect[0]
        phase = np.mod(diagonal, style.hatch_period_px) - style.hatch_period_px / 2
        hatch = np.clip(style.hatch_width_px / 2 + 0.5 - np.abs(phase) * np.float32(0.5**0.5), 0, 1)
        for region, fill in ((0, style.tint), (1, style.tint + (style.hatch_alpha - style.tint) * hatch)):
            code = _bilinear(field[..., region], (x - rect[0]) / scale_x, (y - rect[1]) / scale_y)
            depth = (code - FIELD_ZERO) * np.float32(scale_x / FIELD_STEP)  # px inside the border
            outline = np.clip(style.outline_px + 0.5 - depth, 0, 1) * style.outline_alpha
            alpha[region] = np.clip(depth + 0.5, 0, 1) * np.maximum(fill, outline)
        total = alpha.sum(axis=0)
        colour = alpha[0, ..., None] * np.asarray(style.movable_colour, np.float32)
        colour += alpha[1, ..., None] * np.asarray(style.fixed_colour, np.float32)
        colour /= np.maximum(total, 1e-5)[..., None]
        rgba = np.concatenate([colour, (np.minimum(total, 1) * opacity)[..., None]], axis=-1)
        part = self._still[slice(*rows), slice(*columns)]
        part[:] = _blended(part, rgba)

    def _draw_points(self, scene: Scene) -> None:
        for row in point_instances(scene, self.style.marker):
            reach = self.style.marker.reach_px * float(row[7]) + 2
            box = self._pixels(row[0] - reach, row[1] - reach, row[0] + reach, row[1] + reach)
            if box is not None:
                part, x, y = box
                part[:] = _blended(part, point_rgba(x, y, row, self.style.marker))

    def _draw_brush(self, scene: Scene) -> None:
        brush, style = scene.brush, self.style.mask
        if brush is None:
            return
        centre_x, centre_y = scene.view.to_output((brush.x, brush.y))
        radius = brush.radius_px * scene.view.scale
        reach = radius + style.brush_width_px + style.brush_outline_px + 1
        box = self._pixels(centre_x - reach, centre_y - reach, centre_x + reach, centre_y + reach)
        if box is not None:
            part, x, y = box
            colours = {
                "movable": style.movable_colour,
                "fixed": style.fixed_colour,
                "erase": style.erase_colour,
            }
            circle = (centre_x, centre_y, radius)
            part[:] = _blended(part, brush_rgba(x, y, circle, brush.mode, colours[brush.mode], style))

    def _draw_arrows(self, scene: Scene) -> None:
        """Only the pixels in a narrow band along each arrow: its bounding box may be the whole output."""
        height, width = self._output.shape[:2]
        style = self.style.marker
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
            rgba = arrow_rgba(
                (pixel_x + 0.5).astype(np.float32), (pixel_y + 0.5).astype(np.float32), row, style
            )
            self._output[pixel_y, pixel_x] = _blended(self._output[pixel_y, pixel_x], rgba)

    def _pixels(self, x0: float, y0: float, x1: float, y1: float) -> tuple[Picture, Array, Array] | None:
        """The output's pixels in a box: a view of them, and their centres' x and y; None if empty."""
        height, width = self._output.shape[:2]
        left, top = max(math.floor(x0), 0), max(math.floor(y0), 0)
        right, bottom = min(math.ceil(x1), width), min(math.ceil(y1), height)
        if left >= right or top >= bottom:
            return None
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32) + np.float32(0.5)
        return self._output[top:bottom, left:right], x, y


def _covered(low: float, high: float, limit: int) -> Span:
    """The pixels whose centres lie between two edges, as a rasteriser decides it."""
    first = min(max(math.ceil(low - 0.5), 0), limit)
    return first, min(max(math.ceil(high - 0.5), first), limit)


def _narrowed(first_texel: int, end_texel: int, offset: float, scale: float, span: Span) -> Span:
    """The part of a span of output px that contours around these texels can reach."""
    first = math.floor(offset + scale * (first_texel - 1))
    last = math.ceil(offset + scale * (end_texel + 1))
    return max(span[0], first), min(span[1], last)


def _resampled(
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


def _bilinear(values: Array, x: Array, y: Array) -> Array:
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


def _blended(below: Picture, rgba: Array) -> Picture:
    """Straight-alpha colours over uint8 pixels."""
    alpha = rgba[..., 3:]
    mixed = rgba[..., :3] * alpha * 255 + below * (1 - alpha)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
