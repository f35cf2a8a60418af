"""Settings that are kept between starts, and how the window was left."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.settings import Layout


@dataclass(frozen=True)
class ToggleTheme:
    """Dark becomes light, light becomes dark."""


@dataclass(frozen=True)
class ChangeScale:
    """Texts and controls become larger or smaller by steps of a quarter."""

    steps: int


@dataclass(frozen=True)
class ToggleVisibleMark:
    """Whether exported pictures carry the small visible mark."""


@dataclass(frozen=True)
class KeepLayout:
    """The window has this size and place now, and these panels are open."""

    layout: Layout
    panels: dict[str, bool] = field(default_factory=dict[str, bool])


SettingsEvent = ToggleTheme | ChangeScale | ToggleVisibleMark | KeepLayout
