"""The status line: what is happening, and where the cursor is."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Shown
from app.state import AppState, Tone
from app.ui.containers import inside
from app.ui.theme import BUSY, DIM, ERROR, GOOD, WARNING, Rgb, Themes

TONE_COLOURS: dict[Tone, Rgb] = {
    "calm": DIM,
    "busy": BUSY,
    "good": GOOD,
    "warning": WARNING,
    "error": ERROR,
}
DOT_PX = 14
RIGHT_WIDTH_PX = 300
PADDING_PX = 8


class StatusLine:
    """A coloured dot and one sentence; at the right zoom and cursor position."""

    title = "Status"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        del emit  # nothing to press here
        self._themes = themes
        self._tone: Tone | None = None

    def build(self) -> None:
        """Adds the texts."""
        with inside(dpg.group(horizontal=True)):
            with inside(dpg.drawlist(DOT_PX, DOT_PX + 4)):
                self._dot = dpg.draw_circle((6, 11), 4, color=DIM, fill=DIM)
            self._text = Shown(dpg.add_text(""))
        self._where = Shown(dpg.add_text("", pos=(0, PADDING_PX)))
        dpg.bind_item_theme(self._where.tag, self._themes.dim)

    def place(self, width: int) -> None:
        """The line has this width, px: the right text ends at its end."""
        dpg.set_item_pos(self._where.tag, [float(max(width - RIGHT_WIDTH_PX, 0)), float(PADDING_PX)])

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._text.set(state.status.text)
        if state.status.tone != self._tone:
            self._tone = state.status.tone
            colour = (*TONE_COLOURS[state.status.tone], 255)
            dpg.configure_item(self._dot, color=colour, fill=colour)
        zoom = f"{state.viewport.scale:.1f}x"
        at = f"({state.cursor[0]:.1f}, {state.cursor[1]:.1f})" if state.cursor is not None else ""
        self._where.set(f"{state.timing.frames_per_second:.0f} fps     {zoom}     {at}")
