"""`FileDesk`: applies the events about sessions and pictures as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app import events
from app.editor import Editor
from app.pointer import Pointer
from app.session.autosave import set_aside
from app.state import AppState


@dataclass(frozen=True)
class Folders:
    """Where files go when no name was chosen."""

    sessions: Path
    pictures: Path


class FileDesk:
    """Opens and saves; finds a name where none was chosen."""

    def __init__(self, state: AppState, editor: Editor, pointer: Pointer, folders: Folders) -> None:
        self._state = state
        self._editor = editor
        self._pointer = pointer
        self._folders = folders

    def apply(self, event: events.FileEvent) -> None:
        """Applies one event."""
        match event:
            case events.OpenSession():
                self._pointer.let_go()
                self._editor.open_session(event.path)
            case events.SettleUnfinished():
                self._settle_unfinished(event.resume)
            case events.SaveSession():
                chosen = event.path or self._state.session_file
                self._editor.save_session(chosen or _new_file(self._folders.sessions, "session", ".json"))
            case events.ExportPicture():
                self._editor.export_picture(
                    event.path or _new_file(self._folders.pictures, "picture", ".png")
                )
            case events.AskForFile():
                self._state.question = event.question

    def _settle_unfinished(self, resume: bool) -> None:
        unfinished, self._state.unfinished = self._state.unfinished, None
        if unfinished is None:
            return
        path = set_aside(unfinished)  # the offer does not come again
        if resume:
            self._pointer.let_go()
            self._editor.open_session(path, saves_there=False)


def _new_file(folder: Path, stem: str, suffix: str) -> Path:
    # milliseconds: a second one in the same second must not overwrite the first
    moment = f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3]
    return folder / f"livedrag-{stem}-{moment}{suffix}"
