"""What the window asks about sessions: a name to save under, the clipboard, and where a model is."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.dialog_state import WantedModel
from app.panels.panel import Emit, Shown, button
from app.state import AppState
from app.ui.containers import inside
from app.ui.dialogs import ask_for_file
from app.ui.question import QuestionWindow
from app.ui.scale import px
from app.ui.theme import Themes

WIDTH_PX = 660  # a hash fits into a line
FIRST_NAME = "session.json"


class SessionDialogs:
    """A small window over the picture where a model is missing; the others open when they are asked for."""

    title = "Where is the model?"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._window = QuestionWindow(self.title, WIDTH_PX, lambda: self._emit(events.FindModel(None)))
        self._shown: WantedModel | None = None

    def build(self) -> None:
        """Makes the window, hidden."""
        with self._window.building():
            self._text = Shown(dpg.add_text("", wrap=self._window.wrap))
            self._hash = Shown(dpg.add_text("", wrap=self._window.wrap))
            dpg.bind_item_theme(self._hash.tag, self._themes.dim)
            dpg.add_spacer(height=px(2))
            with inside(dpg.group(horizontal=True)):
                find = button(
                    "Find it...",
                    self._find,
                    "Choose the model's file (generator); it is told by its content, not by its name",
                    width=120,
                )
                button(
                    "Not now",
                    lambda: self._emit(events.FindModel(None)),
                    "The session is not opened",
                    width=120,
                )
            dpg.bind_item_theme(find, self._themes.primary)

    def sync(self, state: AppState) -> None:
        """Shows the state, and does what was asked for."""
        dialogs = state.dialogs
        if dialogs.wanted_model != self._shown:
            self._show(dialogs.wanted_model)
        if not (dialogs.ask_save_as or dialogs.ask_paste or dialogs.clipboard is not None):
            return
        if dialogs.clipboard is not None:
            dpg.set_clipboard_text(dialogs.clipboard)
        if dialogs.ask_paste:
            self._emit(events.PasteSession(dpg.get_clipboard_text() or ""))
        if dialogs.ask_save_as:
            folder = state.session_file.parent if state.session_file else state.sessions_folder
            name = state.session_file.name if state.session_file else FIRST_NAME
            ask_for_file(
                "Save the session as",
                ".json",
                name,
                lambda path: self._emit(
                    events.SaveSession(path if path.suffix else path.with_suffix(".json"))
                ),
                folder,
            )
        dialogs.ask_save_as = dialogs.ask_paste = False  # done now: the event comes a frame later
        dialogs.clipboard = None
        self._emit(events.DialogOpened())

    def _show(self, wanted: WantedModel | None) -> None:
        self._shown = wanted
        if wanted is not None:
            self._text.set(f"'{wanted.session_name}' was made with '{wanted.model_name}': {wanted.why}.")
            self._hash.set(f"Its file's sha256:\n{wanted.sha256}")
        self._window.show(wanted is not None)

    def _find(self) -> None:
        ask_for_file("The session's model", ".*", "", lambda path: self._emit(events.FindModel(path)))
