"""Timing: what frames, steps and pictures cost, how long the hand waits; and what may be done about it."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, tooltip
from app.state import AppState, Spread, Timing
from app.ui.containers import inside
from app.ui.theme import Themes

REFRESH_FRAMES = 15  # four times a second: numbers that change every frame cannot be read

ROWS = (
    ("frames", "Frame", "From one frame to the next"),
    ("steps", "Drag step", "One step of the drag"),
    ("pictures", "Picture", "Making one picture, preview or full"),
    ("markers", "Hand to marker", "From a move of the mouse until the markers follow"),
    ("responses", "Hand to response", "From a move of the mouse until the picture moves at all"),
    ("pictured", "Hand to picture", "From a move of the mouse until a generated picture knows of it"),
)


class TimingPanel:
    """Median and 95th percentile of everything that is measured; and switches that change it."""

    title = "Timing"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._frame_count = 0

    def build(self) -> None:
        """Adds the widgets."""
        text = dpg.add_text("")
        tooltip(text, "Frames a second; the work in a frame")
        dpg.bind_item_theme(text, self._themes.dim)
        self._text = Shown(text)
        self._build_table()
        hiding = dpg.add_checkbox(
            label="Follow the hand at once",
            callback=lambda _sender, value: self._emit(events.SetLatencyHiding(bool(value))),
        )
        tooltip(hiding, "Where pictures are slow, the last one is pulled along until the next is there")
        self._hiding = Shown(hiding)
        vsync = dpg.add_checkbox(
            label="Wait for the screen (vsync)",
            callback=lambda _sender, value: self._emit(events.SetVsync(bool(value))),
        )
        tooltip(vsync, "No torn pictures, at the price of a little delay")
        self._vsync = Shown(vsync)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._hiding.set(state.latency_hiding)
        self._vsync.set(state.vsync)
        self._frame_count += 1
        if self._frame_count % REFRESH_FRAMES != 1:
            return
        timing = state.timing
        self._text.set(f"{timing.frames_per_second:.0f} fps    work in a frame {timing.work_ms:.1f} ms")
        for name, cells in self._cells.items():
            for cell, value in zip(cells, _numbers(timing, name), strict=True):
                cell.set(value)

    def _build_table(self) -> None:
        self._cells: dict[str, tuple[Shown, Shown]] = {}
        with inside(dpg.table(policy=dpg.mvTable_SizingStretchProp)) as table:
            for heading, weight in (("ms", 5), ("median", 3), ("95 of 100", 3)):
                dpg.add_table_column(label=heading, init_width_or_weight=weight)
            for name, label, meaning in ROWS:
                with inside(dpg.table_row()):
                    tooltip(dpg.add_text(label), f"{meaning}, in ms; - = not measured yet")
                    self._cells[name] = (Shown(dpg.add_text("")), Shown(dpg.add_text("")))
        dpg.bind_item_theme(table, self._themes.dim)


def _numbers(timing: Timing, name: str) -> tuple[str, str]:
    spread: Spread | None = getattr(timing, name)
    return ("-", "-") if spread is None else (f"{spread.median_ms:.1f}", f"{spread.p95_ms:.1f}")
