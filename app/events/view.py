"""What is seen and how large. Changes no edit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WheelTurned:
    """Wheel notches over the canvas, positive away from the user; ctrl sizes the brush instead of zooming."""

    x: float
    y: float
    notches: float
    ctrl: bool = False


@dataclass(frozen=True)
class CanvasResized:
    """The canvas has a new size, px."""

    width: int
    height: int


@dataclass(frozen=True)
class FitView:
    """The whole picture in the canvas."""


@dataclass(frozen=True)
class ZoomView:
    """Zooms about the middle of the canvas by a factor."""

    factor: float


@dataclass(frozen=True)
class SetBrushRadius:
    """Brush radius, image px."""

    radius_px: float


@dataclass(frozen=True)
class ScaleBrush:
    """Makes the brush larger or smaller by a factor."""

    factor: float


@dataclass(frozen=True)
class SetMaskOpacity:
    """How strongly the painted mask covers the picture, 0..1."""

    opacity: float


@dataclass(frozen=True)
class ToggleMarkers:
    """Shows or hides handles, targets and the mask."""


ViewEvent = (
    WheelTurned
    | CanvasResized
    | FitView
    | ZoomView
    | SetBrushRadius
    | ScaleBrush
    | SetMaskOpacity
    | ToggleMarkers
)
