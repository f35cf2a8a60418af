"""Timing: what a frame and a drag step cost."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, tooltip
from app.state import AppState
from app.ui.theme import Themes

REFRESH_FRAMES = 15  # four times a second: numbers that change every frame cannot be read


class TimingPanel:
    """Frames a second, frame work and step time; and whether the time of a picture is hidden."""

    title = "Timing"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._frame_count = 0

    def build(self) -> None:
        """Adds the widgets."""
        text = dpg.add_text("")
        tooltip(text, "Frames a second; the work in a frame; one drag step, in the worker thread")
        dpg.bind_item_theme(text, self._themes.dim)
        self._text = Shown(text)
        hiding = dpg.add_checkbox(
            label="Follow the hand at once",
            callback=lambda _sender, value: self._emit(events.SetLatencyHiding(bool(value))),
        )
        tooltip(hiding, "Where pictures are slow, the last one is pulled along until the next is there")
        self._hiding = Shown(hiding)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._hiding.set(state.latency_hiding)
        self._frame_count += 1
        if self._frame_count % REFRESH_FRAMES != 1:
            return
        timing = state.timing
        step = f"step {timing.step_ms:.1f} ms" if timing.step_ms else "no step yet"
        self._text.set(f"{timing.frames_per_second:.0f} fps    frame {timing.work_ms:.1f} ms    {step}")
