"""The toolbar: the two ways to drag, history, view and files."""

from __future__ import annotations

from typing import get_args

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Enabled, action_button
from app.state import AppState, Tool
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

TOOLS: tuple[Tool, ...] = get_args(Tool)
TOP_PX = 13
GROUP_GAP_PX = 10  # with the spacing beside it
SPACING_PX, PADDING_PX, EDGE_PX = 8, 10, 16  # of the theme: what a button takes besides its text

# In a narrow window these go, one after the other: all have keys and are found by the search.
DROPPED = ("help", "fit", "open_session", "redo", "undo", "save_session", "export_picture", "erase", "fixed")


class Toolbar:
    """One row of buttons over the picture; at its end the search over everything else."""

    title = "Toolbar"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._tags: dict[str, int] = {}
        self._widths: dict[str, int] = {}
        self._gap_count = 0
        self._tool: Tool | None = None

    def build(self) -> None:
        """Adds the buttons."""
        with inside(dpg.group(horizontal=True)):
            self._add("grab", "Grab")
            self._add("place", "Place")
            self._add_gap()
            self._add("movable", "Movable")
            self._add("fixed", "Fixed")
            self._add("erase", "Erase")
            self._add_gap()
            self._undo = Enabled(self._add("undo", "Undo"))
            self._redo = Enabled(self._add("redo", "Redo"))
            self._add_gap()
            self._add("fit", "Fit")
            self._add("open_session", "Open")
            self._add("save_session", "Save")
            self._add("export_picture", "Export")
            self._add("help", "?")
        key = self._themes.keys.shown("palette")
        with inside(dpg.group(pos=(0, 0))) as self._end:
            dpg.bind_item_theme(
                self._add("palette", f"Search   {key}" if key else "Search"), self._themes.dim
            )

    def place(self, width: int) -> None:
        """The bar has this width, px: the search stands at its end, and what does not fit goes."""
        end = width - px(EDGE_PX) - self._widths["palette"]
        dpg.set_item_pos(self._end, [float(end), float(px(TOP_PX))])
        gaps = self._gap_count * px(GROUP_GAP_PX + SPACING_PX)
        needed = sum(self._widths.values()) - self._widths["palette"] + gaps + px(EDGE_PX)
        for name in DROPPED:
            dpg.configure_item(self._tags[name], show=needed <= end)
            if needed > end:
                needed -= self._widths[name]

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._undo.set(state.undo_label is not None)
        self._redo.set(state.redo_label is not None)
        if state.tool != self._tool:
            self._tool = state.tool
            for tool in TOOLS:  # the actions of the tools have their names
                dpg.bind_item_theme(self._tags[tool], self._themes.chosen if tool == state.tool else 0)

    def _add(self, action_id: str, label: str) -> int:
        tag = self._tags[action_id] = action_button(action_id, label, self._emit, self._themes)
        size = dpg.get_text_size(label)
        self._widths[action_id] = int(size[0] if size else 0) + px(2 * PADDING_PX + SPACING_PX)
        return tag

    def _add_gap(self) -> None:
        dpg.add_spacer(width=px(GROUP_GAP_PX))
        self._gap_count += 1
