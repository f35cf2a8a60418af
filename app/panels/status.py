"""The status line: what is happening, and where the cursor is."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Shown
from app.state import AppState, Tone
from app.ui.theme import BUSY, DIM, ERROR, GOOD, WARNING, Rgb, Themes

TONE_COLOURS: dict[Tone, Rgb] = {
    "calm": DIM,
    "busy": BUSY,
    "good": GOOD,
    "warning": WARNING,
    "error": ERROR,
}
DOT_PX = 14


class StatusLine:
    """A coloured dot and one sentence; at the right zoom and cursor position."""

    title = "Status"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        del emit  # nothing to press here
        self._themes = themes
        self._tone: Tone | None = None

    def build(self) -> None:
        """Adds the texts."""
        with dpg.group(horizontal=True):
            with dpg.drawlist(DOT_PX, DOT_PX + 4):
                self._dot = dpg.draw_circle((5, 9), 4, color=DIM, fill=DIM)
            self._text = Shown(dpg.add_text(""))
        self._where = Shown(dpg.add_text("", pos=(0, 8)))
        dpg.bind_item_theme(self._where.tag, self._themes.dim)

    def place(self, width: int) -> None:
        """The line has this width, px: the right text ends at its end."""
        dpg.set_item_pos(self._where.tag, (max(width - 230, 0), 8))

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._text.set(state.status.text)
        if state.status.tone != self._tone:
            self._tone = state.status.tone
            colour = (*TONE_COLOURS[state.status.tone], 255)
            dpg.configure_item(self._dot, color=colour, fill=colour)
        zoom = f"{state.viewport.scale:.1f}x"
        at = f"({state.cursor[0]:.1f}, {state.cursor[1]:.1f})" if state.cursor is not None else ""
        self._where.set(f"{zoom:>8}   {at}")
