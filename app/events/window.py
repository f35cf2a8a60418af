"""Settings of the window, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.state import Quality


@dataclass(frozen=True)
class SetLatencyHiding:
    """Whether the picture is pulled along with its handles while the next one is made."""

    on: bool


@dataclass(frozen=True)
class SetQuality:
    """Which pictures are made while the mouse moves."""

    quality: Quality


@dataclass(frozen=True)
class SetVsync:
    """Whether frames wait for the screen's refresh."""

    on: bool


@dataclass(frozen=True)
class ToggleHelp:
    """Opens or closes the help window."""


@dataclass(frozen=True)
class ShowSection:
    """Uncovers a section of the side panel, by its title: it is open, and nothing hides it."""

    title: str


@dataclass(frozen=True)
class CloseWindow:
    """The window is to close. ask: where files are still being written it asks first; finish: when they are
    written; at_once: without them; stay: not at all."""

    how: Literal["ask", "finish", "at_once", "stay"] = "ask"


WindowEvent = SetLatencyHiding | SetQuality | SetVsync | ToggleHelp | ShowSection
ClosingEvent = CloseWindow
