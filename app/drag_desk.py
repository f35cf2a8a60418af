"""`DragDesk`: applies the events about handles, the running drag and going back in the edit."""

from __future__ import annotations

from app import events
from app.editor import Editor
from app.pointer import Pointer
from app.state import AppState, Status
from app.window_commands import ViewPicture


class DragDesk:
    """Between the buttons and keys of the drag, the mouse and the editor."""

    def __init__(self, state: AppState, editor: Editor, pointer: Pointer) -> None:
        self._state = state
        self._editor = editor
        self._pointer = pointer

    def apply(self, event: events.DragEvent) -> None:
        """Applies one event."""
        state, editor = self._state, self._editor
        match event:
            case events.ChooseTool():
                self._pointer.let_go()
                state.tool = event.tool
            case events.ToggleRun():
                self._toggle_run()
            case events.StepOnce():
                if not state.running and state.held is None:  # else it is one more of the drag's
                    editor.begin("step")  # undo takes back the step, not the points as well
                editor.step_once()
            case events.CancelDrag() if state.opening:
                editor.give_up_opening()
            case events.CancelDrag() if state.history.view.viewed is not None and state.held is None:
                editor.history(ViewPicture(None))
            case events.CancelDrag():
                if not self._pointer.cancel():
                    state.selected, state.show_help = None, False
            case events.SelectHandle():
                state.selected = event.handle_id
            case events.RemoveHandle():
                chosen = state.hovered[0] if state.hovered else state.selected
                if state.held is None or not self._pointer.take_back():  # else that was the handle
                    self._pointer.remove_handle(chosen if event.handle_id is None else event.handle_id)
            case events.ClearHandles():
                if state.held is not None:
                    self._pointer.take_back()
                if state.handles:
                    editor.begin("clear handles")
                    editor.clear_handles()
            case events.Undo():
                if not self._pointer.take_back():
                    editor.undo()
            case events.Redo():
                self._pointer.let_go()
                editor.redo()

    def _toggle_run(self) -> None:
        state = self._state
        if state.running:
            self._editor.run(False)
            state.status = Status("Stopped")
        elif not state.handles:
            state.status = Status("No handles yet: press on the picture and pull, or place some", "warning")
        else:
            state.status = Status("Dragging", "busy")
            self._editor.begin("drag")  # undo takes back the run, not the points as well
            self._editor.run(True)
