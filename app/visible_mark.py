"""The small visible mark at the bottom right of generated pictures and videos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]  # (H, W, 3)

MARK_TEXT = "AI"
MARK_OPACITY = 0.62
TEXT_MARK_FROM_PX = 192  # below it letters of a font would be blots or cover too much: pixel letters instead

_PIXEL_LETTERS = ("010.1", "101.1", "111.1", "101.1", "101.1")  # "AI", 5 x 5


class VisibleMark:
    """The mark for pictures of one size: made once, put on every frame of a video."""

    def __init__(self, size: tuple[int, int]) -> None:
        """size: the pictures' (width, height). In pictures smaller than the mark there is none."""
        width, height = size
        letters = _mark_letters(min(height, width))
        h, w = letters.shape
        margin = max(2, round(min(height, width) * 0.022))
        self._parts: list[tuple[slice, slice, NDArray[np.float32], float]] = []
        if h + margin + 1 > height or w + margin + 1 > width:
            return
        bottom, right = height - margin, width - margin
        # a dark rim one pixel down and right keeps it readable on light ground
        for shift, level, opacity in ((1, 0.0, MARK_OPACITY * 0.55), (0, 255.0, MARK_OPACITY)):
            rows = slice(bottom - h + shift, bottom + shift)
            columns = slice(right - w + shift, right + shift)
            self._parts.append((rows, columns, letters[..., None] * np.float32(opacity), level))

    def put_on(self, picture: Picture) -> None:
        """Draws the mark into the picture, which is changed."""
        if not self._parts:
            return
        # both parts in one float piece: rounding between them would be seen
        top, left = self._parts[1][0].start, self._parts[1][1].start
        piece = picture[top:, left:, :3].astype(np.float32)
        for rows, columns, alpha, level in self._parts:
            region = piece[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            region[:] = region * (1 - alpha) + level * alpha
        picture[top:, left:, :3] = piece.round().clip(0, 255).astype(np.uint8)


def marked(picture: Picture) -> Picture:
    """The picture with the visible mark; the given one stays as it is."""
    result = picture.copy()
    VisibleMark((picture.shape[1], picture.shape[0])).put_on(result)
    return result


def _mark_letters(picture_px: int) -> NDArray[np.float32]:
    """Coverage 0..1 of the mark's letters for a picture of that size, (h, w)."""
    if picture_px < TEXT_MARK_FROM_PX:
        rows = [[1.0 if c == "1" else 0.0 for c in row] for row in _PIXEL_LETTERS]
        return np.array(rows, dtype=np.float32)
    font = ImageFont.load_default(size=max(9, picture_px * 0.028))
    left, top, right, bottom = font.getbbox(MARK_TEXT)
    image = Image.new("L", (round(right - left) + 1, round(bottom - top) + 1), 0)
    ImageDraw.Draw(image).text((-left, -top), MARK_TEXT, fill=255, font=font)
    return np.asarray(image, dtype=np.float32) / np.float32(255)
