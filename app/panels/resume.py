"""The offer to resume a session that was not closed properly: shown at the start, and when it is asked
for."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, button
from app.state import AppState
from app.ui.containers import inside
from app.ui.layout import SIDE_WIDTH_PX, TOOLBAR_HEIGHT_PX
from app.ui.scale import px
from app.ui.theme import Themes

WIDTH_PX = 420


class ResumeOffer:
    """A small window over the picture: resume, later, not at all. To close it is no decision."""

    title = "Welcome back"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._shown = False

    def build(self) -> None:
        """Makes the window, hidden."""
        with inside(
            dpg.window(
                label=self.title,
                width=px(WIDTH_PX),
                autosize=True,
                show=False,
                no_resize=True,
                no_collapse=True,
                on_close=lambda: self._emit(events.SettleUnfinished("later")),
            )
        ) as self._window:
            dpg.add_text("Your last session was not closed. Go on where it was?", wrap=px(WIDTH_PX - 32))
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
        width = dpg.get_viewport_client_width()
        position = [max((width - px(SIDE_WIDTH_PX + WIDTH_PX)) // 2, 0), px(TOOLBAR_HEIGHT_PX + 24)]
        dpg.configure_item(self._window, show=offered, pos=position)
