"""The toolbar: the two ways to drag, history, view and files."""

from __future__ import annotations

from pathlib import Path

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Enabled, button
from app.state import AppState, Tool
from app.ui.containers import inside
from app.ui.dialogs import ask_for_file
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
        self._sessions_folder: Path | None = None

    def build(self) -> None:
        """Adds the buttons."""
        emit = self._emit
        with inside(dpg.group(horizontal=True)):
            self._add_tool("grab", "Grab", "Press on the picture and pull; it follows (G)")
            self._add_tool("place", "Place", "Click handles and targets, then start (P)")
            dpg.add_spacer(width=GROUP_GAP_PX)
            self._add_tool("movable", "Movable", "Paint what may move (B)")
            self._add_tool("fixed", "Fixed", "Paint what stays fixed (N)")
            self._add_tool("erase", "Erase", "Erase the mask (E)")
            dpg.add_spacer(width=GROUP_GAP_PX)
            self._undo = Enabled(
                button("Undo", lambda: emit(events.Undo()), "Take the last edit back (Ctrl+Z)")
            )
            self._redo = Enabled(button("Redo", lambda: emit(events.Redo()), "Do it again (Ctrl+Shift+Z)"))
            dpg.add_spacer(width=GROUP_GAP_PX)
            button("Fit", lambda: emit(events.FitView()), "The whole picture (F)")
            button("Open", self._open, "Open a session file")
            button(
                "Save",
                lambda: emit(events.SaveSession()),
                "Save the session (Ctrl+S; under another name: Ctrl+Shift+S)",
            )
            button("Export", lambda: emit(events.ExportPicture()), "Write the picture as PNG (Ctrl+E)")
            button("?", lambda: emit(events.ToggleHelp()), "All keys (F1)", width=34)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._undo.set(state.undo_label is not None)
        self._redo.set(state.redo_label is not None)
        self._sessions_folder = state.session_file.parent if state.session_file else state.sessions_folder
        if state.tool != self._tool:
            self._tool = state.tool
            for tool, tag in self._tools.items():
                dpg.bind_item_theme(tag, self._themes.chosen if tool == state.tool else 0)

    def _open(self) -> None:
        ask_for_file(
            "Open a session",
            ".json",
            "",
            lambda path: self._emit(events.OpenSession(path)),
            self._sessions_folder,
        )

    def _add_tool(self, tool: Tool, label: str, help_text: str) -> None:
        self._tools[tool] = button(label, lambda: self._emit(events.ChooseTool(tool)), help_text)
