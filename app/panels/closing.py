"""The question before the window closes on a file that is still being written."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.closing_desk import first_few
from app.panels.panel import Emit, Shown, button
from app.state import AppState
from app.ui.containers import inside
from app.ui.question import QuestionWindow
from app.ui.scale import px
from app.ui.theme import Themes

WIDTH_PX = 460


class ClosingQuestion:
    """A small window over the picture: finish, give up, stay. To close it is to stay."""

    title = "Close the window?"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._window = QuestionWindow(self.title, WIDTH_PX, lambda: self._emit(events.CloseWindow("stay")))
        self._asked: tuple[str, ...] = ()

    def build(self) -> None:
        """Makes the window, hidden."""
        with self._window.building():
            self._text = Shown(dpg.add_text("", wrap=self._window.wrap))
            dpg.add_spacer(height=px(2))
            with inside(dpg.group(horizontal=True)):
                finish = button(
                    "Finish, then close",
                    lambda: self._emit(events.CloseWindow("finish")),
                    "The window closes by itself as soon as it is written",
                )
                button(
                    "Give up and close",
                    lambda: self._emit(events.CloseWindow("at_once")),
                    "What is not written yet will not be there. The edit itself is saved",
                )
                button("Stay", lambda: self._emit(events.CloseWindow("stay")), "The window stays open", 70)
            dpg.bind_item_theme(finish, self._themes.primary)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        asked = state.dialogs.unwritten
        if asked == self._asked:
            return
        was_shown, self._asked = bool(self._asked), asked
        if asked:
            self._text.set("\n".join(("Not finished yet:", *first_few(asked))))
        if bool(asked) == was_shown:
            return
        self._window.show(bool(asked))
