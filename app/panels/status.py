"""The status line: what is happening, long work that goes on, and where the cursor is."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.colours import Rgb
from app.panels.panel import Emit, Shown, tooltip
from app.panels.tasks import TaskLine
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px, shortened
from app.ui.theme import Themes

DOT_PX = 14
# What is said at the right, by the width of the line: the least width for it, what it takes, how much of it
RIGHT_FORMS: tuple[tuple[int, int, int], ...] = ((760, 300, 3), (480, 150, 2), (0, 0, 0))
PADDING_PX = 8
GAP_PX = 16
EDGE_PX, SPACING_PX = 16, 8  # of the container
TASKS_SHARE = 0.55  # of the room: what long work may take of it


class StatusLine:
    """A coloured dot and one sentence; at the right zoom and cursor position."""

    title = "Status"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._themes = themes
        self._tasks = TaskLine(emit, themes)
        self._colour: Rgb | None = None
        self._width = 0  # without what is at the right
        self._right_count = 0  # how much is said there
        self._said: tuple[str, int] | None = None  # the status and the room that it has

    def build(self) -> None:
        """Adds the texts."""
        with inside(dpg.group(horizontal=True)):
            with inside(dpg.drawlist(px(DOT_PX), px(DOT_PX + 4))):
                self._dot = dpg.draw_circle((px(6), px(14)), px(4))
            self._text = Shown(dpg.add_text(""))
            self._whole = Shown(tooltip(self._text.tag, ""))
            dpg.add_spacer(width=px(GAP_PX))
            self._tasks.build()
        self._where = Shown(dpg.add_text("", pos=(0, px(PADDING_PX))))
        dpg.bind_item_theme(self._where.tag, self._themes.dim)

    def place(self, width: int) -> None:
        """The line has this width, px: the right text ends at its end."""
        right_px, self._right_count = next(
            (px(takes), count) for least, takes, count in RIGHT_FORMS if width >= px(least)
        )
        self._width = width - right_px
        dpg.set_item_pos(self._where.tag, [float(self._width), float(px(PADDING_PX))])

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        room = self._width - px(EDGE_PX + DOT_PX + 3 * SPACING_PX + 2 * GAP_PX)
        self._tasks.sync(state, round(room * TASKS_SHARE))
        self._say(state.status.text, room - self._tasks.width)
        tone = self._themes.colours.of_tone(state.status.tone)
        if tone != self._colour:
            self._colour = tone
            colour = (*tone, 255)
            dpg.configure_item(self._dot, color=colour, fill=colour)
        zoom = f"{state.viewport.scale:.1f}x"
        at = f"({state.cursor[0]:.1f}, {state.cursor[1]:.1f})" if state.cursor is not None else ""
        fps = f"{state.timing.frames_per_second:.0f} fps"
        self._where.set("     ".join((fps, zoom, at)[: self._right_count]))

    def _say(self, text: str, room: int) -> None:
        """As much of it as there is room for; the rest while the mouse is on it."""
        if (text, room) == self._said:
            return
        self._said = (text, room)
        self._text.set(shortened(text, room))
        self._whole.set(text)
