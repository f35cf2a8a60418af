"""Mask: the brush, how the mask is shown, and whole-mask actions."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, button, tooltip
from app.state import AppState, Tool
from app.ui.dialogs import ask_for_file
from app.ui.theme import Themes

BRUSH_MAX_SHARE = 0.25  # of the picture's width: the slider's end


class MaskPanel:
    """Paint, size, opacity; invert, clear, load, save."""

    title = "Mask"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._tool: Tool | None = None
        self._brush_max = 0.0

    def build(self) -> None:
        """Adds the widgets."""
        self._tools: dict[Tool, int] = {}
        with dpg.group(horizontal=True):
            self._add_tool("movable", "Movable", "Paint the region that may move; all else then stays (B)")
            self._add_tool("fixed", "Fixed", "Paint the region that stays as it is (N)")
            self._add_tool("erase", "Erase", "Take paint away (E)")
        radius = dpg.add_slider_float(
            width=-1,
            min_value=0.5,
            max_value=32,
            format="brush  %.1f px",
            callback=lambda _sender, value: self._emit(events.SetBrushRadius(float(value))),
        )
        tooltip(radius, "Brush radius in pixels of the picture (Ctrl + wheel)")
        self._radius = Shown(radius)
        opacity = dpg.add_slider_float(
            width=-1,
            min_value=0,
            max_value=1,
            format="shown  %.2f",
            callback=lambda _sender, value: self._emit(events.SetMaskOpacity(float(value))),
        )
        tooltip(opacity, "How strongly the mask covers the picture; changes nothing of the drag")
        self._opacity = Shown(opacity)
        with dpg.group(horizontal=True):
            button(
                "Invert", lambda: self._emit(events.InvertMask()), "Movable becomes fixed, fixed movable (I)"
            )
            button("Clear", lambda: self._emit(events.ClearMask()), "Everything may move")
            button("Load", self._load, "Read a PNG: white may move, black stays")
            button("Save", self._save, "Write the mask as PNG")

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        largest = max(4.0, state.picture_size[0] * BRUSH_MAX_SHARE)
        if largest != self._brush_max:
            self._brush_max = largest
            dpg.configure_item(self._radius.tag, max_value=largest)
        self._radius.set(state.brush_radius_px)
        self._opacity.set(state.mask_opacity)
        if state.tool != self._tool:
            self._tool = state.tool
            for tool, tag in self._tools.items():
                dpg.bind_item_theme(tag, self._themes.chosen if tool == state.tool else 0)

    def _add_tool(self, tool: Tool, label: str, help_text: str) -> None:
        self._tools[tool] = button(label, lambda: self._emit(events.ChooseTool(tool)), help_text, width=90)

    def _load(self) -> None:
        ask_for_file("Load a mask", ".png", "", lambda path: self._emit(events.LoadMask(path)))

    def _save(self) -> None:
        ask_for_file("Save the mask", ".png", "mask", lambda path: self._emit(events.SaveMask(path)))
