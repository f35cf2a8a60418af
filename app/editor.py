"""`Editor`: the two-way street between `AppState` and the drag worker.

Out: every edit is shown at once and sent to the worker. Back: `adopt` takes over what the worker finished.
Nothing else submits commands.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from app.loss_history import LossHistory
from app.mask_brush import MaskBrush
from app.progress import doubt, obstacle
from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    ClearHandles,
    Edit,
    MoveHandle,
    MoveTarget,
    RemoveHandle,
    SetParams,
    StartFromSeed,
    set_mask_edit,
)
from app.session.painted_mask import PaintedMask
from app.state import FIRST_BRUSH_SHARE, AppState, HandleView, Point, Quality, Status
from app.worker_device import WorkerDevice
from app.worker_messages import (
    Apply,
    Begin,
    Cancel,
    Command,
    CopySession,
    Export,
    ExportKind,
    HistoryCommand,
    MapRequest,
    OpenSession,
    Redo,
    SaveSession,
    SetMaps,
    SetQuality,
    SetRunning,
    StartFromFile,
    StepOnce,
    Undo,
    UseSession,
    WorkerFrame,
)
from gan.drag_params import DragParams
from gan.errors import EditError


class Worker(Protocol):
    """What the editor needs of `DragWorker`; tests give a small fake."""

    @property
    def sent_serial(self) -> int:
        """Serial of the last command."""
        ...

    def submit(self, command: Command) -> int:
        """Queues a command."""
        ...

    def take(self, picture: bool = True) -> WorkerFrame | None:
        """The newest finished state."""
        ...

    def give_up_opening(self) -> None:
        """A session that is being opened is not wanted any more."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Editor:
    """Edits of one session, shown before they are done.

    While the worker has not yet done everything that was sent, its frames only move handle points: what the
    hand did last is never overwritten by an older state. Once it has, its state is taken whole.
    """

    def __init__(self, state: AppState, worker: Worker, brush: MaskBrush) -> None:
        self._state = state
        self._worker = worker
        self._brush = brush
        self._mask_seen: PaintedMask | None = None
        self._losses = LossHistory(state)

    @property
    def sent_serial(self) -> int:
        """Serial of the last command that was sent."""
        return self._worker.sent_serial

    # handles

    def begin(self, label: str) -> None:
        """The next edits are one undoable unit."""
        self._worker.submit(Begin(label))

    def add_handle(self, handle: Point, target: Point) -> int:
        """A new handle; its id."""
        handle_id = self._state.next_handle_id
        self._state.set_handle(HandleView(handle_id, handle, target))
        self._apply(AddHandle(handle_id, handle, target))
        return handle_id

    def move_target(self, handle_id: int, target: Point) -> None:
        """Moves a target; may be called for every move of the mouse."""
        self._state.move_target(handle_id, target)
        self._apply(MoveTarget(handle_id, target))

    def preview_handle(self, handle_id: int, handle: Point) -> None:
        """Shows a handle elsewhere; `move_handle` makes it so. (Re-reading features at every mouse move
        would be paid by the running drag.)"""
        view = self._state.handles.get(handle_id)
        if view is not None:
            self._state.set_handle(HandleView(handle_id, handle, view.target))

    def move_handle(self, handle_id: int, handle: Point) -> None:
        """Re-places a handle."""
        self.preview_handle(handle_id, handle)
        self._apply(MoveHandle(handle_id, handle))

    def remove_handle(self, handle_id: int, replaced_by: int | None = None) -> None:
        """Removes one handle, if it is there. replaced_by: a handle that was just added in its place: where
        that is refused, this one stays."""
        if handle_id in self._state.handles:
            self._state.forget_handles([handle_id])
            self._worker.submit(Apply(RemoveHandle(handle_id), needs=replaced_by))

    def clear_handles(self) -> None:
        """Removes all handles."""
        self._state.forget_handles(list(self._state.handles))
        self._apply(ClearHandles())

    # the rest

    def start_from_seed(self, seed: int, truncation_psi: float) -> None:
        """The picture of a seed; the handles belong to the old picture and go."""
        if self._state.handles:
            self.clear_handles()
        self._state.seed, self._state.truncation_psi = seed, truncation_psi
        self._losses.forget()
        self._apply(StartFromSeed(seed, truncation_psi))

    def set_psi(self, truncation_psi: float) -> None:
        """The present seed's picture at another psi; the handles stay where they are. Raises EditError where
        the picture did not come from a seed.
        """
        seed = self._state.seed
        if seed is None:
            raise EditError(
                "this picture did not come from a seed, so psi does not apply; choose a seed first"
            )
        self._state.truncation_psi = truncation_psi
        self._apply(StartFromSeed(seed, truncation_psi))

    def set_params(self, params: DragParams) -> None:
        """Parameters of the drag."""
        self._state.params = params
        self._apply(SetParams(params))

    def send_mask(self) -> None:
        """What the brush has painted becomes the mask of the drag."""
        self._state.mask_painted = self._brush.is_painted
        self._apply(set_mask_edit(self._brush.mask if self._brush.is_painted else None))

    def run(self, on: bool, hold: bool = False, handle: int | None = None) -> None:
        """Starts or stops the drag; hold: it stays alive when everything has arrived. handle: see
        `SetRunning`."""
        self._state.running = on
        self._worker.submit(SetRunning(on, hold, handle))

    def set_quality(self, quality: Quality) -> None:
        """Which pictures are made while the mouse moves."""
        self._state.quality = quality
        self._worker.submit(SetQuality(quality))

    def set_maps(self, request: MapRequest) -> None:
        """What overlays show beside the picture."""
        self._worker.submit(SetMaps(request))

    def step_once(self) -> None:
        """One step."""
        self._worker.submit(StepOnce())

    def undo(self) -> None:
        """Takes the last unit back."""
        self._worker.submit(Undo())

    def redo(self) -> None:
        """Does it again."""
        self._worker.submit(Redo())

    def cancel(self) -> None:
        """Takes the open unit back, for good."""
        self._worker.submit(Cancel())

    def open_session(
        self, document: SessionDocument, name: str, path: Path | None = None, damage: str | None = None
    ) -> None:
        """Replays a session in the place of the present one; see `OpenSession`."""
        self._losses.forget()
        self._state.show_hint = False
        self._state.status = Status(f"Replaying {name}", "busy")
        self._state.opening = True
        self._worker.submit(OpenSession(document, name, path, damage))

    def give_up_opening(self) -> None:
        """The session that is being opened is not wanted any more."""
        self._worker.give_up_opening()

    def copy_session(self) -> None:
        """The session as text, for the clipboard."""
        self._worker.submit(CopySession())

    def history(self, command: HistoryCommand) -> None:
        """Looks at earlier pictures, returns to them, keeps bookmarks."""
        self._worker.submit(command)

    def use_session(self, session: EditSession, device: WorkerDevice) -> None:
        """Another session, with its own generator on its own device, takes the place of the present one."""
        state = self._state
        state.forget_handles(list(state.handles))
        state.pending_handle = None
        self._losses.forget()
        state.running = False
        state.show_hint = False
        self._worker.submit(UseSession(session, device))

    def save_session(self, path: Path) -> None:
        """Writes the session."""
        self._worker.submit(SaveSession(path))

    def export(self, what: ExportKind, path: Path) -> None:
        """Writes a part of the edit, or all of it."""
        choice = self._state.export_choice
        self._worker.submit(Export(what, path, choice.mark, choice.picture))

    def open_latent(self, path: Path) -> None:
        """Starts from the latent in a file; the handles belong to the old picture and go."""
        if self._state.handles:
            self.clear_handles()
        self._losses.forget()
        self._worker.submit(StartFromFile(path))

    # back

    def take(self, picture: bool) -> WorkerFrame | None:
        """Takes what the worker finished into the state; returns it for its picture."""
        frame = self._worker.take(picture)
        if frame is not None:
            self.adopt(frame)
        return frame

    def adopt(self, frame: WorkerFrame) -> None:
        """Takes over one finished frame."""
        state = self._state
        up_to_date = frame.serial == self._worker.sent_serial
        self._losses.adopt(frame)
        state.iteration, state.done = frame.iteration, frame.done
        state.has_preview, state.device_name = frame.has_preview, frame.device_name
        if frame.session_text is not None:
            state.dialogs.clipboard = frame.session_text
        if frame.history is not None:
            own = frame.history.viewed if up_to_date else state.history.view.viewed  # the hand is ahead
            state.history.view = replace(frame.history, viewed=own)
        if up_to_date:
            self._adopt_all(frame)
        else:
            self._adopt_handle_points(frame)
        self._adopt_status(frame)

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
        state.undo_label, state.redo_label = frame.undo_label, frame.redo_label
        if frame.painted_mask is not self._mask_seen:
            self._mask_seen = frame.painted_mask
            self._brush.replace(frame.painted_mask)
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
        if frame.messages:
            return
        if frame.done and state.held is not None:
            return  # arrived, but the hand that holds it will move on
        if not frame.losses and not (frame.done and state.status.tone == "busy"):
            return  # nothing new to say
        why = obstacle(frame.handles, state.picture_size, frame.stalled)
        if frame.done:
            unsure = doubt(frame.handles)
            arrived = Status("Arrived: every handle is at its target", "good")
            state.status = arrived if unsure is None else Status(unsure, "warning")
        elif why is not None:
            state.status = Status(why, "warning")
        elif state.running:  # not the frame's: it may be older than Stop
            far = max((h.distance_px for h in frame.handles), default=0.0)
            state.status = Status(f"Dragging: {far:.1f} px to go", "busy")
        else:
            state.status = Status("Stopped", "calm")

    def _apply(self, edit: Edit) -> None:
        self._worker.submit(Apply(edit))
