"""The dialogs that ask for a file: what each asks, and the event that its answer becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app import events
from app.panels.panel import Emit
from app.state import AppState, Question
from app.ui.dialogs import ask_for_file, ask_for_folder
from app.ui.theme import Themes


@dataclass(frozen=True)
class Dialog:
    """extension: what is listed first; None = asks for a folder. name: what the name field begins with."""

    title: str
    answer: Callable[[Path], events.Event]
    extension: str | None
    name: str = ""


DIALOGS: dict[Question, Dialog] = {
    "open_session": Dialog("Open a session", events.OpenSession, ".json"),
    "load_mask": Dialog("Load a mask", events.LoadMask, ".png"),
    "save_mask": Dialog("Save the mask", events.SaveMask, ".png", "mask"),
    "open_model": Dialog("Open a generator", events.OpenModel, ".*"),
    "open_latent": Dialog("Open a latent", events.OpenLatent, ".*"),
    "models_folder": Dialog("Folder with models", events.ChooseModelsFolder, None),
}


class Questions:
    """Opens the dialog of the question that the state asks. Has no widget of its own."""

    title = "Questions"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        del themes
        self._emit = emit
        self._asked: Question | None = None

    def build(self) -> None:
        """Nothing: a dialog is made when it is asked."""

    def sync(self, state: AppState) -> None:
        """Asks once."""
        if state.question == self._asked:
            return
        self._asked = state.question
        if state.question is None:
            return
        self._emit(events.AskForFile(None))  # asked: the same question can come again
        dialog = DIALOGS[state.question]
        if dialog.extension is None:
            ask_for_folder(dialog.title, lambda path: self._emit(dialog.answer(path)))
            return
        folder = None
        if state.question == "open_session":
            folder = state.session_file.parent if state.session_file else state.sessions_folder
        ask_for_file(
            *(dialog.title, dialog.extension, dialog.name),
            lambda path: self._emit(dialog.answer(path)),
            folder,
        )
