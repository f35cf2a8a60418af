"""The status line: what is happening, long work that goes on, and where the cursor is."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.colours import Rgb
from app.panels.panel import Emit, Shown
from app.panels.tasks import TaskLine
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

DOT_PX = 14
RIGHT_WIDTH_PX = 300
PADDING_PX = 8
GAP_PX = 16


class StatusLine:
    """A coloured dot and one sentence; at the right zoom and cursor position."""

    title = "Status"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._themes = themes
        self._tasks = TaskLine(emit, themes)
        self._colour: Rgb | None = None

    def build(self) -> None:
        """Adds the texts."""
        with inside(dpg.group(horizontal=True)):
            with inside(dpg.drawlist(px(DOT_PX), px(DOT_PX + 4))):
                self._dot = dpg.draw_circle((px(6), px(14)), px(4))
            self._text = Shown(dpg.add_text(""))
            dpg.add_spacer(width=px(GAP_PX))
            self._tasks.build()
        self._where = Shown(dpg.add_text("", pos=(0, px(PADDING_PX))))
        dpg.bind_item_theme(self._where.tag, self._themes.dim)

    def place(self, width: int) -> None:
        """The line has this width, px: the right text ends at its end."""
        dpg.set_item_pos(self._where.tag, [float(max(width - px(RIGHT_WIDTH_PX), 0)), float(px(PADDING_PX))])

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._tasks.sync(state)
        self._text.set(state.status.text)
        tone = self._themes.colours.of_tone(state.status.tone)
        if tone != self._colour:
            self._colour = tone
            colour = (*tone, 255)
            dpg.configure_item(self._dot, color=colour, fill=colour)
        zoom = f"{state.viewport.scale:.1f}x"
        at = f"({state.cursor[0]:.1f}, {state.cursor[1]:.1f})" if state.cursor is not None else ""
        self._where.set(f"{state.timing.frames_per_second:.0f} fps     {zoom}     {at}")
