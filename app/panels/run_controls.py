"""Run controls: start, stop, one step, and how many there were."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.panels.panel import Emit, Label, Shown, action_button, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes


class RunControls:
    """Start or Stop, Step, the iteration count and the loss curve."""

    title = "Drag"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._was_running: bool | None = None
        self._shown_losses: list[float] = []

    def build(self) -> None:
        """Adds the widgets."""
        with inside(dpg.group(horizontal=True)):
            self._run = Label(action_button("run", "Start", self._emit, self._themes, width=120))
            action_button("step", "Step", self._emit, self._themes, width=74)
            action_button("clear_points", "Clear", self._emit, self._themes, width=-1)
        with inside(dpg.group(horizontal=True)):
            self._iteration = Shown(dpg.add_text("0 steps"))
            self._loss = Shown(dpg.add_text(""))
            dpg.bind_item_theme(self._loss.tag, self._themes.dim)
        self._curve = dpg.add_simple_plot(
            default_value=(), height=px(64), width=-1, autosize=True, show=False
        )
        tooltip(self._curve, "Loss of the last steps: motion supervision and mask")

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        if state.running != self._was_running:
            self._was_running = state.running
            self._run.set("Stop" if state.running else "Start")
            dpg.bind_item_theme(self._run.tag, 0 if state.running else self._themes.primary)
        self._iteration.set(f"{state.iteration} {'step' if state.iteration == 1 else 'steps'}")
        self._loss.set("" if state.loss is None else f"loss {state.loss:.4f}")
        if state.losses != self._shown_losses:
            self._shown_losses = list(state.losses)
            dpg.set_value(self._curve, self._shown_losses)
            dpg.configure_item(self._curve, show=bool(state.losses))
