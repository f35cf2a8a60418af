"""`MovieOptions`: how a movie of an edit looks. Imports nothing heavy: the command line reads it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Easing = Literal["linear", "smooth", "gentle"]
EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda t: t,  # the steps' own pace
    "smooth": lambda t: 0.5 - 0.5 * math.cos(math.pi * t),  # starts and ends at rest
    "gentle": lambda t: t * t * t * (t * (6 * t - 15) + 10),  # the same, with a longer rest
}
SIZE_RANGE = (16, 8192)
SECONDS_RANGE = (0.1, 600.0)
HOLD_RANGE = (0.0, 60.0)


@dataclass(frozen=True)
class MovieOptions:
    """size_px: of the longer edge; None = the picture's own, small ones enlarged by a whole factor to about
    512. seconds: of the drag itself; None = a 30th for every step, 1.5 to 20 together. hold_s: of the bare
    picture at the start, and of the result at the end. clean: no handles, targets and mask at all.
    """

    fps: int = 30
    size_px: int | None = None
    seconds: float | None = None
    easing: Easing = "smooth"
    hold_s: float = 1.2
    clean: bool = False
    mark: bool = True
