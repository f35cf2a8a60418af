"""Timing: what a frame and a drag step cost."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Shown, tooltip
from app.state import AppState
from app.ui.theme import Themes

REFRESH_FRAMES = 15  # four times a second: numbers that change every frame cannot be read


class TimingPanel:
    """Frames a second, frame work and step time."""

    title = "Timing"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        del emit  # nothing to press here
        self._themes = themes
        self._frame_count = 0

    def build(self) -> None:
        """Adds the widgets."""
        text = dpg.add_text("")
        tooltip(text, "Frames a second; the work in a frame; one drag step, in the worker thread")
        dpg.bind_item_theme(text, self._themes.dim)
        self._text = Shown(text)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._frame_count += 1
        if self._frame_count % REFRESH_FRAMES != 1:
            return
        timing = state.timing
        step = f"step {timing.step_ms:.1f} ms" if timing.step_ms else "no step yet"
        self._text.set(f"{timing.frames_per_second:.0f} fps    frame {timing.work_ms:.1f} ms    {step}")
