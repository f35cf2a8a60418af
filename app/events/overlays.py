"""What lies over the picture. Changes no edit."""

from __future__ import annotations

from dataclasses import dataclass

from app.overlays import OverlayName


@dataclass(frozen=True)
class ToggleOverlay:
    """Switches one overlay on or off. quietly: what was clicked shows which one and how it is now."""

    name: OverlayName
    quietly: bool = False


@dataclass(frozen=True)
class SetOverlayOpacity:
    """How strongly one overlay covers the picture, 0..1."""

    name: OverlayName
    opacity: float


@dataclass(frozen=True)
class ChooseFeatures:
    """Which features are shown. block: a resolution, None = the drag's. channel: None = three components."""

    block: int | None
    channel: int | None


@dataclass(frozen=True)
class CompareWithStart:
    """Shows the start's picture alone, until it is switched off again."""

    on: bool


OverlayEvent = ToggleOverlay | SetOverlayOpacity | ChooseFeatures | CompareWithStart
