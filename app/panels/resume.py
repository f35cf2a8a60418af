"""The offer to resume a session that was not closed properly: shown at the start, and when it is asked
for."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, button
from app.state import AppState
from app.ui.containers import inside
from app.ui.question import QuestionWindow
from app.ui.scale import px
from app.ui.theme import Themes

WIDTH_PX = 420


class ResumeOffer:
    """A small window over the picture: resume, later, not at all. To close it is no decision."""

    title = "Welcome back"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._window = QuestionWindow(
            self.title, WIDTH_PX, lambda: self._emit(events.SettleUnfinished("later"))
        )
        self._shown = False

    def build(self) -> None:
        """Makes the window, hidden."""
        with self._window.building():
            dpg.add_text("Your last session was not closed. Go on where it was?", wrap=self._window.wrap)
            dpg.add_spacer(height=px(2))
            with inside(dpg.group(horizontal=True)):
                resume = button(
                    "Resume",
                    lambda: self._emit(events.SettleUnfinished("resume")),
                    "The edit is replayed to its last step",
                    width=120,
                )
                button(
                    "Not now",
                    lambda: self._emit(events.SettleUnfinished("later")),
                    "A new edit. The next start asks again, and the search of all actions has it",
                    width=100,
                )
                button(
                    "Don't ask again",
                    lambda: self._emit(events.SettleUnfinished("put_away")),
                    "A new edit. The old one goes among the saved sessions, to open later",
                )
            dpg.bind_item_theme(resume, self._themes.primary)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        offered = state.unfinished is not None
        if offered == self._shown:
            return
        self._shown = offered
        self._window.show(offered)
