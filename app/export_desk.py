"""`ExportDesk`: applies the events about exports and latents as files."""

from __future__ import annotations

from dataclasses import replace

from app import events
from app.editor import Editor
from app.file_desk import Folders, new_file
from app.pointer import Pointer
from app.recording.choice import ExportChoice
from app.state import AppState


class ExportDesk:
    """Finds a name where none was chosen; the writing is done in the drag worker, which owns the edit."""

    def __init__(self, state: AppState, editor: Editor, pointer: Pointer, folders: Folders) -> None:
        self._state = state
        self._editor = editor
        self._pointer = pointer
        self._folders = folders

    def apply(self, event: events.ExportEvent) -> None:
        """Applies one event."""
        match event:
            case events.Export():
                path = event.path or new_file(self._folders.pictures, _STEMS[event.what], self._suffix(event))
                self._editor.export(event.what, path)
            case events.ChooseExport():
                self._choose(event.choice)
            case events.OpenLatent():
                self._pointer.let_go()
                self._editor.begin("open latent")
                self._editor.open_latent(event.path)

    def _choose(self, choice: ExportChoice) -> None:
        """The mark is a setting too: one that was changed by hand is remembered; --no-mark is not."""
        state = self._state
        if choice.mark != state.export_choice.mark:
            state.window.settings = replace(state.window.settings, visible_mark=choice.mark)
        state.export_choice = choice

    def _suffix(self, event: events.Export) -> str:
        choice = self._state.export_choice
        return {"latent": choice.latent, "mask": ".png", "all": ""}.get(event.what, choice.picture)


_STEMS = {"picture": "picture", "sheet": "before-after", "latent": "latent", "mask": "mask", "all": "export"}
