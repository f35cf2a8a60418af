"""The mouse over the canvas. Positions are canvas px (see `app.viewport`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Button = Literal["left", "right", "middle"]


@dataclass(frozen=True)
class PointerPressed:
    """A button went down over the canvas. pan: the space bar is held."""

    x: float
    y: float
    button: Button
    shift: bool = False
    pan: bool = False


@dataclass(frozen=True)
class PointerMoved:
    """The mouse moved; moves within one frame are merged. inside: it is over the canvas."""

    x: float
    y: float
    inside: bool = True


@dataclass(frozen=True)
class PointerReleased:
    """A button that was pressed over the canvas came up, wherever."""

    x: float
    y: float
    button: Button


PointerEvent = PointerPressed | PointerMoved | PointerReleased
