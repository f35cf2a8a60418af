"""`LossHistory`: the losses of the steps that led to the picture that is there now, as told."""

from __future__ import annotations

from app.state import LOSS_HISTORY_COUNT, AppState
from app.worker_frame import WorkerFrame


class LossHistory:
    """Owns `AppState.losses` and `AppState.loss`."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._end = 0  # the iteration of the last loss

    def adopt(self, frame: WorkerFrame) -> None:
        """Takes over what a finished frame tells; what is looked at takes nothing back."""
        if frame.history is None or frame.history.viewed is None:
            self._adopt(frame)
        self._state.loss = self._shown(frame)

    def forget(self) -> None:
        """Another picture is on its way: what is known says nothing of it."""
        self._state.losses.clear()
        self._state.loss = None

    def _adopt(self, frame: WorkerFrame) -> None:
        state = self._state
        taken_back = max(self._end - frame.iteration, 0)  # by undo, Esc or another picture
        kept = state.losses[: max(len(state.losses) - taken_back, 0)]
        if frame.iteration - self._end > len(frame.losses):
            kept = []  # redo, or a session that was opened: the losses in between are not known
        state.losses = (kept + list(frame.losses))[: frame.iteration][-LOSS_HISTORY_COUNT:]
        self._end = frame.iteration

    def _shown(self, frame: WorkerFrame) -> float | None:
        """Of the step that made the picture shown; None where it is not known, or no step made it."""
        losses, view = self._state.losses, frame.history
        if view is None or view.viewed is None:
            return losses[-1] if losses else None
        back = view.pictures_since(view.shown)
        # pictures of another start, or of what was undone, are no such number of steps away
        if back is None or frame.iteration != self._end - back or not back < len(losses):
            return None
        return losses[-1 - back]
