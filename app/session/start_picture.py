"""`StartPicture`: the 'before' of an edit, made once for every start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.session.edited_drag import EditedDrag
from app.session.edits import Origin
from gan.generator import to_uint8

Picture = NDArray[np.uint8]  # (H, W, 3)


class StartPicture:
    """Of the latest start on a drag's path."""

    def __init__(self) -> None:
        self._made: tuple[Origin, Picture] | None = None

    def of(self, drag: EditedDrag) -> Picture:
        """(H, W, 3) uint8; not to be written to."""
        if self._made is None or self._made[0] is not drag.origin:
            image = drag.session.generator.image(drag.session.snapshot().w0)
            self._made = (drag.origin, to_uint8(image).cpu().numpy())  # sync: once for every start
        return self._made[1]
