"""Timing: what frames, steps and pictures cost, how long the hand waits; and what may be done about it."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, labelled, tooltip
from app.state import AppState, PreviewStanding, Quality, Spread, Timing
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

QUALITIES: dict[Quality, str] = {
    "automatic": "automatic",
    "full": "always the full picture",
    "preview": "always the preview",
}
# what is told to whoever asked for previews and sees full pictures
WHY_FULL: dict[PreviewStanding, str] = {
    "unknown": "being prepared while the drag rests",
    "none": "there is none for this model",
    "ready": "",
}


class TimingPanel:
    """Median and 95th percentile of everything that is measured; and switches that change it."""

    title = "Timing"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._frame_count = 0
        self._told = ""

    def build(self) -> None:
        """Adds the widgets."""
        text = dpg.add_text("")
        tooltip(text, "Frames a second; what is shown; what computes it")
        dpg.bind_item_theme(text, self._themes.dim)
        self._text = Shown(text)
        self._build_table()
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("While dragging", self._themes.dim)
            combo = dpg.add_combo(
                list(QUALITIES.values()),
                width=-1,
                callback=lambda _sender, value: self._emit(events.SetQuality(_quality_of(str(value)))),
            )
        tooltip(
            combo,
            "A preview is coarser but comes sooner. It is used where it was measured to be near enough "
            "for this model. Once you let go, you see the full picture if the device has memory for it.",
        )
        self._quality = Shown(combo)
        self._why_full = dpg.add_text("", show=False)
        dpg.bind_item_theme(self._why_full, self._themes.dim)
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
        self._show_quality(state)
        self._frame_count += 1
        if self._frame_count % REFRESH_FRAMES != 1:
            return
        timing = state.timing
        kind = "preview" if timing.is_preview else "full picture"
        self._text.set(f"{timing.frames_per_second:.0f} fps    {kind}    on {state.device_name}")
        for name, cells in self._cells.items():
            for cell, value in zip(cells, _numbers(timing, name), strict=True):
                cell.set(value)

    def _show_quality(self, state: AppState) -> None:
        self._quality.set(QUALITIES[state.quality])
        told = why_full(state)
        if told != self._told:
            self._told = told
            dpg.configure_item(self._why_full, show=bool(told))
            dpg.set_value(self._why_full, told)

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


def why_full(state: AppState) -> str:
    """Why whoever pinned the preview sees full pictures; empty where there is nothing to tell."""
    return WHY_FULL[state.preview] if state.quality == "preview" else ""


def _quality_of(label: str) -> Quality:
    return next(quality for quality, shown in QUALITIES.items() if shown == label)


def _numbers(timing: Timing, name: str) -> tuple[str, str]:
    spread: Spread | None = getattr(timing, name)
    return ("-", "-") if spread is None else (f"{spread.median_ms:.1f}", f"{spread.p95_ms:.1f}")
