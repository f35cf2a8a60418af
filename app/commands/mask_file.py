"""Reads the mask file of `edit --mask`: a PNG of the picture's size, white may move, black is held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.session.painted_mask import FIXED, MOVABLE, PaintedMask
from gan.errors import EditError

MODES = ("1", "L", "RGB")


def load_mask(path: Path, size: tuple[int, int]) -> PaintedMask:
    """The painted mask (H, W): movable where the file is white (128 and above), fixed elsewhere.

    `size` is the picture's (width, height). Raises EditError for a file that is missing, no PNG, of another
    size or kind, or all black.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode not in MODES:
                raise EditError(
                    f"the mask '{path}' is a PNG of mode {image.mode}; give 1-bit, 8-bit grey or 8-bit RGB"
                )
            if image.size != size:
                raise EditError(
                    f"the mask '{path}' is {image.width}x{image.height}, the picture {size[0]}x{size[1]}; "
                    "give a mask of the picture's size"
                )
            white = np.array(image.convert("L")) >= 128  # (H, W)
    except (UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise EditError(f"the mask '{path}' is not a readable PNG; white may move, black is held") from error
    except OSError as error:
        reason = error.strerror or "the file is damaged"
        raise EditError(f"cannot read the mask '{path}': {reason}; give a PNG") from error
    if not white.any():
        raise EditError(f"the mask '{path}' is all black: nothing could move; paint white what may move")
    return np.where(white, MOVABLE, FIXED).astype(np.uint8)
