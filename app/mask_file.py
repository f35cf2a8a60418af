"""The painted mask as a PNG file: white may move, black is held, mid grey is unpainted.

The window and `edit --mask` read the same file in the same way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.session.painted_mask import FIXED, MOVABLE, UNPAINTED, PaintedMask
from gan.errors import EditError

MODES = ("1", "L", "RGB")
MOVABLE_FROM, FIXED_BELOW = 192, 64  # grey levels; between them a pixel is unpainted

_GREYS = np.array([128, 255, 0], np.uint8)  # of unpainted, movable, fixed


def save_mask(path: Path, painted: PaintedMask) -> None:
    """Writes a painted mask (H, W) as 8-bit grey PNG. Raises EditError where it cannot."""
    try:
        Image.fromarray(_GREYS[painted]).save(path, format="PNG")
    except OSError as error:
        raise EditError(f"cannot write the mask '{path}': {error.strerror}; choose another folder") from error


def load_mask(path: Path, size: tuple[int, int]) -> PaintedMask:
    """The painted mask (H, W) in a file; `size` is the picture's (width, height).

    Raises EditError for a file that is missing, no PNG, of another size or kind, or all black.
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
            grey = np.array(image.convert("L"))  # (H, W)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise EditError(f"the mask '{path}' is not a readable PNG; white may move, black is held") from error
    except OSError as error:
        reason = error.strerror or "the file is damaged"
        raise EditError(f"cannot read the mask '{path}': {reason}; give a PNG") from error
    painted = np.full(grey.shape, UNPAINTED, np.uint8)
    painted[grey >= MOVABLE_FROM] = MOVABLE
    painted[grey < FIXED_BELOW] = FIXED
    if (painted == FIXED).all():
        raise EditError(f"the mask '{path}' is all black: nothing could move; paint white what may move")
    return painted
