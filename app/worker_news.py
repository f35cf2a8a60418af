"""`WorkerNews`: takes what the worker finished into `AppState`."""

from __future__ import annotations

from dataclasses import replace

from app.history_state import HistoryView
from app.loss_history import LossHistory
from app.mask_brush import MaskBrush
from app.progress import doubt, obstacle
from app.session.painted_mask import PaintedMask
from app.state import FIRST_BRUSH_SHARE, AppState, HandleView, Status
from app.worker_frame import WorkerFrame

ARRIVED = Status("Arrived: every handle is at its target", "good")


class WorkerNews:
    """While the worker has not yet done everything that was sent, its frames only move handle points: what
    the hand did last is never overwritten by an older state. Once it has, its state is taken whole.
    """

    def __init__(self, state: AppState, brush: MaskBrush, losses: LossHistory) -> None:
        self._state = state
        self._brush = brush
        self._losses = losses
        self._mask_seen: PaintedMask | None = None
        self._mask_is_sent = False  # since then: where that edit is refused, the one before is to be shown

    def note_mask_sent(self) -> None:
        """What is painted is an edit now, which may still be refused."""
        self._brush.note_sent()
        self._mask_is_sent = True

    def adopt(self, frame: WorkerFrame, up_to_date: bool) -> None:
        """Takes over one finished frame. up_to_date: everything that was sent is done in it."""
        state = self._state
        self._losses.adopt(frame)
        state.iteration, state.done, state.stop_px = frame.iteration, frame.done, frame.stop_px
        state.preview, state.device_name = frame.preview, frame.device_name
        if frame.session_text is not None:
            state.dialogs.clipboard = frame.session_text
        if frame.history is not None:
            state.history.view = frame.history if up_to_date else self._hand_ahead(frame.history)
        if up_to_date:
            self._adopt_all(frame)
        else:
            self._adopt_handle_points(frame)
        self._adopt_status(frame)

    def _hand_ahead(self, history: HistoryView) -> HistoryView:
        """What the hand looks at stays, and what it went on from while the worker is on its way there."""
        shown = self._state.history.view
        is_on_its_way = history.viewed is not None and shown.viewed is None
        return replace(history, viewed=shown.viewed, now=shown.now if is_on_its_way else history.now)

    def _adopt_all(self, frame: WorkerFrame) -> None:
        state = self._state
        self._adopt_model(frame)
        state.opening = False
        shown = {h.id: HandleView(h.id, h.handle, h.target, h.confidence) for h in frame.handles}
        held = state.held
        if held is not None and held[1] == "handle" and held[0] in state.handles and held[0] in shown:
            shown[held[0]] = state.handles[held[0]]  # under the mouse: not done yet
        state.forget_handles(state.handles.keys() - shown.keys())
        state.handles = {}  # in the worker's order: undo may bring one back in the middle
        for view in shown.values():
            state.set_handle(view)
        state.running = frame.running
        state.seed, state.truncation_psi, state.params = frame.seed, frame.truncation_psi, frame.params
        state.session_file = frame.session_file
        state.grabbed = frame.grabbed
        state.undo_label, state.redo_label = frame.undo_label, frame.redo_label
        if frame.painted_mask is not self._mask_seen or self._mask_is_sent:
            self._mask_seen, self._mask_is_sent = frame.painted_mask, False
            self._brush.adopt(frame.painted_mask)
        state.mask_painted = self._brush.is_painted

    def _adopt_model(self, frame: WorkerFrame) -> None:
        """Another generator may have another picture size: view and mask begin anew."""
        state = self._state
        state.model_name = frame.model_name or state.model_name
        state.model_sha256 = frame.model_sha256 or state.model_sha256
        if frame.picture_size is None or frame.picture_size == state.picture_size:
            return
        state.picture_size = frame.picture_size
        state.brush_radius_px = max(frame.picture_size[0] * FIRST_BRUSH_SHARE, 1.0)
        state.viewport = state.viewport.fit(frame.picture_size)
        self._brush.resize(*frame.picture_size)
        self._mask_seen = None

    def _adopt_handle_points(self, frame: WorkerFrame) -> None:
        state = self._state
        for h in frame.handles:
            shown = state.handles.get(h.id)
            if shown is not None and state.held != (h.id, "handle"):
                state.set_handle(HandleView(h.id, h.handle, shown.target, h.confidence))

    def _adopt_status(self, frame: WorkerFrame) -> None:
        state = self._state
        for message in frame.messages:
            state.status = Status(message.text, "error" if message.failed else "calm", message.details)
        if frame.messages or state.history.view.viewed is not None:  # last steps are not what is looked at
            return
        says_arrived = state.status == ARRIVED
        if state.held is not None and (frame.done or (says_arrived and not frame.losses)):
            if state.running and (says_arrived or state.status.tone in ("busy", "warning")):
                state.status = _in_hand(state, frame)
            return
        if not frame.losses and not (frame.done and state.status.tone == "busy"):
            return  # nothing new to say
        why = obstacle(frame.handles, state.picture_size, frame.stop_px, frame.stalled)
        if frame.done:
            state.status = _arrived(frame)
        elif why is not None:
            state.status = Status(why, "warning")
        elif state.running:  # not the frame's: it may be older than Stop
            state.status = _dragging(state)
        else:
            state.status = Status("Stopped", "calm")


def _arrived(frame: WorkerFrame) -> Status:
    unsure = doubt(frame.handles)
    return ARRIVED if unsure is None else Status(unsure, "warning")


def _in_hand(state: AppState, frame: WorkerFrame) -> Status:
    """Of a drag whose steps have arrived: the hand that holds it may have moved on since, and will."""
    views = state.handles.values()
    if any(view.distance_px > state.stop_px for view in views):
        return _dragging(state)
    pulled = all(view.confidence is not None for view in views)  # else the hand has only just pressed
    return _arrived(frame) if pulled else state.status


def _dragging(state: AppState) -> Status:
    far = max((view.distance_px for view in state.handles.values()), default=0.0)  # as the hand has it now
    return Status(f"Dragging: {far:.1f} px to go", "busy")
