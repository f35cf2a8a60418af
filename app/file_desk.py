"""`FileDesk`: applies the events about pictures as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app import events
from app.editor import Editor


@dataclass(frozen=True)
class Folders:
    """Where files go when no name was chosen."""

    sessions: Path
    pictures: Path


class FileDesk:
    """Writes pictures; finds a name where none was chosen."""

    def __init__(self, editor: Editor, folders: Folders) -> None:
        self._editor = editor
        self._folders = folders

    def apply(self, event: events.FileEvent) -> None:
        """Applies one event."""
        match event:
            case events.ExportPicture():
                self._editor.export_picture(event.path or new_file(self._folders.pictures, "picture", ".png"))


def new_file(folder: Path, stem: str, suffix: str) -> Path:
    """A name that was not given before."""
    # milliseconds: a second one in the same second must not overwrite the first
    moment = f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3]
    return folder / f"livedrag-{stem}-{moment}{suffix}"
