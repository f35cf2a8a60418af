"""The painted mask: what the brush paints (0 unpainted, 1 movable, 2 fixed), as PNG text and as a region.

The painted mask is what a person sees and edits; the region that `DragSession` gets follows from it here.
"""

from __future__ import annotations

import base64
import binascii
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gan.errors import EditError

UNPAINTED, MOVABLE, FIXED = 0, 1, 2

PaintedMask = NDArray[np.uint8]  # (H, W) of the three values above


def movable_region(painted: PaintedMask | None) -> NDArray[np.bool_] | None:
    """The mask for `DragSession.set_mask`, (H, W) with True = movable; None = everything may move.

    Where anything is painted movable, only that may move; otherwise all but what is painted fixed.
    """
    if painted is None or not painted.any():
        return None
    if (painted == MOVABLE).any():
        return painted == MOVABLE
    return painted != FIXED


def encode_painted_mask(painted: PaintedMask) -> str:
    """Painted mask (H, W) -> base64 text of an 8-bit grey PNG with the values 0, 1, 2."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(painted, dtype=np.uint8)).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def decode_painted_mask(text: str, size: tuple[int, int]) -> PaintedMask:
    """The inverse; `size` is the picture's (width, height). Raises EditError for anything else."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"]) as image:
            if image.mode != "L" or image.size != size:
                raise EditError(
                    f"the session's mask is {image.width}x{image.height} ({image.mode}); "
                    f"this picture needs {size[0]}x{size[1]} 8-bit grey"
                )
            painted = np.array(image, dtype=np.uint8)
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise EditError("the session's mask is not a readable PNG; the file may be damaged") from error
    if painted.max(initial=0) > FIXED:
        raise EditError(f"the session's mask holds the value {painted.max()}; allowed are 0, 1 and 2")
    return painted
