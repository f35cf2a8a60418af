"""The toolbar: the two ways to drag, history, view and files."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Enabled, action_button
from app.state import AppState, Tool
from app.ui.containers import inside
from app.ui.theme import Themes

GROUP_GAP_PX = 4  # with the spacing beside it; all buttons fit into the smallest window


class Toolbar:
    """One row of buttons over the picture."""

    title = "Toolbar"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._tools: dict[Tool, int] = {}
        self._tool: Tool | None = None

    def build(self) -> None:
        """Adds the buttons."""
        with inside(dpg.group(horizontal=True)):
            self._add_tool("grab", "Grab")
            self._add_tool("place", "Place")
            dpg.add_spacer(width=GROUP_GAP_PX)
            self._add_tool("movable", "Movable")
            self._add_tool("fixed", "Fixed")
            self._add_tool("erase", "Erase")
            dpg.add_spacer(width=GROUP_GAP_PX)
            self._undo = Enabled(self._add("undo", "Undo"))
            self._redo = Enabled(self._add("redo", "Redo"))
            dpg.add_spacer(width=GROUP_GAP_PX)
            self._add("fit", "Fit")
            self._add("open_session", "Open")
            self._add("save_session", "Save")
            self._add("export_picture", "Export")
            self._add("help", "?", width=34)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._undo.set(state.undo_label is not None)
        self._redo.set(state.redo_label is not None)
        if state.tool != self._tool:
            self._tool = state.tool
            for tool, tag in self._tools.items():
                dpg.bind_item_theme(tag, self._themes.chosen if tool == state.tool else 0)

    def _add(self, action_id: str, label: str, width: int = 0) -> int:
        return action_button(action_id, label, self._emit, self._themes, width)

    def _add_tool(self, tool: Tool, label: str) -> None:
        self._tools[tool] = self._add(tool, label)  # the actions of the tools have their names
