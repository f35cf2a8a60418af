"""The mouse cursor of a recording: the system's own one is never part of a composed picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Picture = NDArray[np.uint8]  # (H, W, 3)

ARROW = ((0, 0), (0, 16.5), (3.9, 12.9), (6.4, 18.6), (9.1, 17.4), (6.6, 11.8), (11.6, 11.6))  # px at scale 1
RING_RADIUS_PX, RING_WIDTH_PX = 13.0, 2.5  # around the tip while the button is down
REACH_PX = 22.0
DRAWN_LARGER = 8  # then made smaller: smooth edges


@dataclass(frozen=True)
class Cursor:
    """Where its tip is, frame px (continuous, as `render.scene.View` gives them)."""

    x: float
    y: float
    pressed: bool = False


def draw_cursor(frame: Picture, cursor: Cursor, scale: float = 1.0) -> None:
    """Draws it into the frame, which is changed; whatever of it lies outside is cut off."""
    x, y = math.floor(cursor.x), math.floor(cursor.y)
    sprite = _sprite(cursor.pressed, round(max(scale, 0.5), 2))  # (2r, 2r, 4), its middle is the tip
    r = sprite.shape[0] // 2
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = max(x - r, 0), max(y - r, 0), min(x + r, width), min(y + r, height)
    if x0 >= x1 or y0 >= y1:
        return
    part = sprite[y0 - y + r : y1 - y + r, x0 - x + r : x1 - x + r]
    alpha = part[..., 3:]
    below = frame[y0:y1, x0:x1, :3]
    below[:] = np.rint(below * (1 - alpha) + part[..., :3] * alpha).astype(np.uint8)


@lru_cache(maxsize=8)
def _sprite(pressed: bool, scale: float) -> NDArray[np.float32]:
    """Colours 0..255 and alpha 0..1."""
    r = math.ceil(REACH_PX * scale)
    k = DRAWN_LARGER
    size = 2 * r * k
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    middle = r * k
    if pressed:
        for width, colour in ((RING_WIDTH_PX + 2, (0, 0, 0, 110)), (RING_WIDTH_PX, (255, 255, 255, 235))):
            outer = (RING_RADIUS_PX + width / 2) * scale * k
            box = (middle - outer, middle - outer, middle + outer, middle + outer)
            draw.ellipse(box, outline=colour, width=round(width * scale * k))
    points = [(middle + x * scale * k, middle + y * scale * k) for x, y in ARROW]
    draw.polygon(points, fill=(15, 15, 18, 255))
    draw.line(
        [*points, points[0], points[1]],
        fill=(255, 255, 255, 255),
        width=round(1.6 * scale * k),
        joint="curve",
    )
    small = image.resize((2 * r, 2 * r), Image.Resampling.BOX)  # Pillow weighs colours with their alpha
    sprite = np.asarray(small, np.float32).copy()
    sprite[..., 3] /= 255
    return sprite
