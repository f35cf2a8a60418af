"""Where files go that were given no name, and `FileDesk`: what applies the events that ask for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app import events
from app.state import AppState


@dataclass(frozen=True)
class Folders:
    """Where files go when no name was chosen. autosaves: where sessions are kept as they happen; None = the
    user's data folder."""

    sessions: Path
    pictures: Path
    recordings: Path = field(default_factory=Path)
    autosaves: Path | None = None


class FileDesk:
    """A dialog asks, and emits the event that needed the file."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def apply(self, event: events.FileEvent) -> None:
        """Applies one event."""
        match event:
            case events.AskForFile():
                self._state.question = event.question


def new_file(folder: Path, stem: str, suffix: str) -> Path:
    """A name in the folder that no other file has."""
    # milliseconds: a second one in the same second must not overwrite the first
    moment = f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3]
    return folder / f"livedrag-{stem}-{moment}{suffix}"
