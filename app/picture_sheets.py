"""Drawing sheets of pictures: enlarged cells on paper, markers at points, captions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.export import Picture

CELL_PX = 256  # pictures are shown at this width
GAP_PX = 12
CAPTION_PX = 22
CAPTION_SIZE_PX = 14
PAPER = (250, 250, 248)
INK = (40, 40, 40)
HANDLE, TARGET, LANDMARK = (235, 52, 46), (32, 110, 240), (255, 255, 255)
SMOOTH = 4  # markers are drawn so much larger and reduced
FONT = Path(__file__).resolve().parents[1] / "assets" / "fonts" / "Inter-Regular.otf"

Place = tuple[float, float]  # (x, y) as shares of the picture
Rgb = tuple[int, int, int]


def paper(width: int, height: int) -> Image.Image:
    """An empty sheet."""
    return Image.new("RGB", (width, height), PAPER)


def enlarged(picture: NDArray[np.uint8], width: int = CELL_PX) -> Image.Image:
    """A picture (H, W, 3) at that width."""
    size = (width, round(width * picture.shape[0] / picture.shape[1]))
    return Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BICUBIC)


def grid(cells: Sequence[Image.Image], columns: int) -> Picture:
    """Cells of one size side by side, row by row; columns at most."""
    width, height = cells[0].size
    columns = min(columns, len(cells))
    sheet = paper(columns * width, -(-len(cells) // columns) * height)
    for i, cell in enumerate(cells):
        sheet.paste(cell, ((i % columns) * width, (i // columns) * height))
    return np.array(sheet)


def marked(
    picture: Image.Image, arrow_from: Place | None, markers: Sequence[tuple[Place, Rgb]]
) -> Image.Image:
    """The picture with dots at places and, from arrow_from, a line to the first of them."""
    width, height = picture.size
    layer = Image.new("RGBA", (width * SMOOTH, height * SMOOTH), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)

    def at(place: Place) -> tuple[float, float]:
        return place[0] * width * SMOOTH, place[1] * height * SMOOTH

    if arrow_from is not None:
        draw.line([at(arrow_from), at(markers[0][0])], fill=(255, 255, 255, 220), width=2 * SMOOTH)
    for place, colour in markers:
        x, y = at(place)
        for radius, fill in ((5.0 * SMOOTH, (20, 20, 20)), (4.0 * SMOOTH, colour)):
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*fill, 255))
    layer = layer.resize(picture.size, Image.Resampling.LANCZOS)
    result = picture.copy()
    result.paste(layer, (0, 0), layer)
    return result


def caption(
    sheet: Image.Image, x: int, y: int, words: str, size_px: int = CAPTION_SIZE_PX, ink: Rgb = INK
) -> int:
    """Writes words from (x, y) on, the top left; where they end."""
    font = _font(size_px)
    ImageDraw.Draw(sheet).text((x, y), words, fill=ink, font=font)
    return x + round(font.getlength(words))


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size_px)
