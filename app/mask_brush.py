"""`MaskBrush`: the painted mask and the strokes that change it. Pure numpy, no window.

The mask is uint8 (H, W) in image pixels: 0 = unpainted, 1 = movable, 2 = fixed. A pixel belongs to a stroke
if its centre lies within the radius, so what is painted is exactly what the drag obeys.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.session.painted_mask import FIXED, MOVABLE, UNPAINTED, PaintedMask
from app.state import BrushMode
from gan.errors import EditError

VALUES: dict[BrushMode, int] = {"movable": MOVABLE, "fixed": FIXED, "erase": UNPAINTED}
Rect = tuple[int, int, int, int]  # x0, y0, x1, y1; the last two exclusive

MIN_RADIUS_PX = 0.5


class _Stroke(NamedTuple):
    start: tuple[float, float]  # image px, as the end
    end: tuple[float, float]
    radius_px: float
    mode: BrushMode


class MaskBrush:
    """Owns the painted mask of a picture of (width, height) px and the part of it that changed."""

    def __init__(self, width: int, height: int) -> None:
        self.mask: PaintedMask = np.zeros((height, width), np.uint8)
        self._dirty: Rect | None = None
        self._in_hand: list[_Stroke] = []  # painted, and no edit yet

    @property
    def is_painted(self) -> bool:
        """Whether any pixel is painted."""
        return bool(self.mask.any())

    def stroke(
        self, start: tuple[float, float], end: tuple[float, float], radius_px: float, mode: BrushMode
    ) -> None:
        """Paints the capsule around the segment from start to end (image px): strokes have no gaps
        however far the mouse moves in a frame. A brush smaller than a pixel paints the pixel under it.
        """
        stroke = _Stroke(start, end, radius_px, mode)
        self._in_hand.append(stroke)
        self._paint(stroke)

    def note_sent(self) -> None:
        """What is painted so far is an edit now: `adopt` does not paint it again."""
        self._in_hand = []

    def adopt(self, mask: PaintedMask | None) -> None:
        """Takes a whole mask as `replace` does, and paints on it what is painted and no edit yet."""
        self.replace(mask)
        for stroke in self._in_hand:
            self._paint(stroke)

    def invert(self) -> None:
        """Movable becomes fixed and fixed movable. An unpainted mask (all may move) becomes all fixed."""
        if not self.is_painted:
            self.replace(np.full_like(self.mask, FIXED))
            return
        swap = np.array([UNPAINTED, FIXED, MOVABLE], np.uint8)
        self.replace(swap[self.mask])

    def clear(self) -> None:
        """Nothing painted: everything may move."""
        self.replace(np.zeros_like(self.mask))

    def replace(self, mask: PaintedMask | None) -> None:
        """Takes a whole mask (H, W); None = nothing painted. Raises EditError on another size."""
        if mask is None:
            mask = np.zeros_like(self.mask)
        if mask.shape != self.mask.shape:
            raise EditError(
                f"the mask is {_size(mask)} pixels, the picture {_size(self.mask)}; give a mask of that size"
            )
        self.mask = np.array(mask, np.uint8)
        self._touch((0, 0, self.mask.shape[1], self.mask.shape[0]))

    def resize(self, width: int, height: int) -> None:
        """Another picture: nothing painted on it."""
        self.mask = np.zeros((height, width), np.uint8)
        self._dirty = (0, 0, width, height)
        self._in_hand = []

    def take_dirty(self) -> Rect | None:
        """The rectangle that changed since the last call; None = nothing did."""
        dirty, self._dirty = self._dirty, None
        return dirty

    def _paint(self, stroke: _Stroke) -> None:
        start, end, radius_px, mode = stroke
        radius = max(radius_px, MIN_RADIUS_PX)
        height, width = self.mask.shape
        x0 = max(int(np.floor(min(start[0], end[0]) - radius)), 0)
        y0 = max(int(np.floor(min(start[1], end[1]) - radius)), 0)
        x1 = min(int(np.ceil(max(start[0], end[0]) + radius)) + 1, width)
        y1 = min(int(np.ceil(max(start[1], end[1]) + radius)) + 1, height)
        if x0 >= x1 or y0 >= y1:
            return
        yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float64)  # each (h, w)
        dx, dy = end[0] - start[0], end[1] - start[1]
        along = ((xx - start[0]) * dx + (yy - start[1]) * dy) / max(dx * dx + dy * dy, 1e-12)
        t = np.clip(along, 0.0, 1.0)
        inside = (xx - start[0] - t * dx) ** 2 + (yy - start[1] - t * dy) ** 2 <= radius * radius
        part = self.mask[y0:y1, x0:x1]
        part[inside] = VALUES[mode]
        for x, y in (start, end) if radius_px < 1 else ():
            self._paint_pixel(round(x), round(y), mode)
        self._touch((x0, y0, x1, y1))

    def _paint_pixel(self, x: int, y: int, mode: BrushMode) -> None:
        height, width = self.mask.shape
        if 0 <= x < width and 0 <= y < height:
            self.mask[y, x] = VALUES[mode]

    def _touch(self, rect: Rect) -> None:
        old = self._dirty or rect
        self._dirty = (
            min(old[0], rect[0]),
            min(old[1], rect[1]),
            max(old[2], rect[2]),
            max(old[3], rect[3]),
        )


def _size(mask: PaintedMask) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]}"
