"""`WindowState`: the part of `AppState` about the window itself: settings, palette, notices, tasks."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.settings import Settings
from app.task_board import TaskView


@dataclass(frozen=True)
class Notice:
    """Something that went wrong, in one line. details: for who wants to know more, "" = there are none."""

    id: int
    text: str
    details: str = ""
    tone: str = "error"  # or "warning"
    time: str = ""
    count: int = 1


@dataclass(frozen=True)
class Found:
    """One line of the command palette. action_id: of `app.actions`."""

    action_id: str
    name: str
    keys: str
    group: str


@dataclass(frozen=True)
class Palette:
    """The command palette while it is open. chosen: index in `found`."""

    query: str = ""
    found: tuple[Found, ...] = ()
    chosen: int = 0


@dataclass(frozen=True)
class WantedSection:
    """The section of the side panel that was asked for last. number: of the request, from 1."""

    title: str
    number: int


@dataclass
class WindowState:
    """Changed by the desks of the events of settings, palette, notices and tasks."""

    settings: Settings = field(default_factory=Settings)
    scale: float = 1.0  # in use: of the settings or the desktop
    palette: Palette | None = None  # None = closed
    notices: tuple[Notice, ...] = ()  # the last ones, oldest first
    open_notices: tuple[Notice, ...] = ()  # those over the picture
    show_notices: bool = False  # the list of them
    wanted_section: WantedSection | None = None
    tasks: tuple[TaskView, ...] = ()
