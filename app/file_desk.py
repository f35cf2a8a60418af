"""`FileDesk`: applies the events about pictures as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app import events
from app.editor import Editor
from app.state import AppState


@dataclass(frozen=True)
class Folders:
    """Where files go when no name was chosen."""

    sessions: Path
    pictures: Path
    recordings: Path = field(default_factory=Path)


class FileDesk:
    """Writes pictures; finds a name where none was chosen."""

    def __init__(self, state: AppState, editor: Editor, folders: Folders) -> None:
        self._state = state
        self._editor = editor
        self._folders = folders

    def apply(self, event: events.FileEvent) -> None:
        """Applies one event."""
        match event:
            case events.ExportPicture():
                suffix = self._state.export_choice.picture
                path = event.path or new_file(self._folders.pictures, "picture", suffix)
                self._editor.export("picture", path)
            case events.AskForFile():
                self._state.question = event.question


def new_file(folder: Path, stem: str, suffix: str) -> Path:
    """A name in the folder that no other file has."""
    # milliseconds: a second one in the same second must not overwrite the first
    moment = f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3]
    return folder / f"livedrag-{stem}-{moment}{suffix}"
