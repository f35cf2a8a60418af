"""`Sliders`: applies the events of numbers that a slider moves. Moves of one slider are one undoable unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from app import events
from app.drag_param_labels import undo_label_of
from app.drag_presets import DragPreset
from app.editor import Editor
from app.state import AppState, Status
from gan.drag_params import DragParams


class Sliders:
    """Truncation psi and the parameters of the drag."""

    def __init__(self, state: AppState, editor: Editor) -> None:
        self._state = state
        self._editor = editor
        self._last_move: tuple[str, int] | None = None  # its unit, and the serial of the command that it sent

    def apply(self, event: events.SliderEvent) -> None:
        """Applies one event. Raises EditError where psi does not apply."""
        state, editor = self._state, self._editor
        match event:
            case events.SetPsi():
                self._move("truncation psi", lambda: editor.set_psi(event.truncation_psi))
                state.status = Status(f"Seed {state.seed}, psi {event.truncation_psi:.2f}")
            case events.SetParams() if event.params != state.params:
                label = _changed_param(state.params, event.params)
                self._set_params(event.params, label, f"changed {label}")
            case events.SetParams():
                pass
            case events.ChoosePreset():
                self._choose(event.preset)

    def _choose(self, preset: DragPreset) -> None:
        """Says what it did: any of the parameters may be another one now, most of them out of sight."""
        params, said = preset.make(), preset.called.capitalize()
        if params == self._state.params:
            self._state.status = Status(f"{said} already: nothing has changed")
            return
        self._set_params(params, preset.called, preset.called)
        self._state.status = Status(said)

    def _set_params(self, params: DragParams, label: str, changed: str) -> None:
        """label: of their unit. In mid-drag the steps that follow are in it too, and its label says so: were
        they one of their own, every move of the slider would be one."""
        if self._state.running:
            label = f"drag with {changed}"
        self._move(label, lambda: self._editor.set_params(params))

    def _move(self, label: str, send: Callable[[], None]) -> None:
        """Opens a new unit, unless the last one is this slider's and nothing was sent since."""
        if self._last_move != (label, self._editor.sent_serial):
            self._editor.begin(label)
        send()
        self._last_move = (label, self._editor.sent_serial)


def _changed_param(old: DragParams, new: DragParams) -> str:
    changed = [f.name for f in fields(DragParams) if getattr(old, f.name) != getattr(new, f.name)]
    return undo_label_of(changed[0]) if len(changed) == 1 else "parameters"
