"""`Editor`: the two-way street between `AppState` and the drag worker.

Out: every edit is shown at once and sent to the worker; nothing else submits commands. Back: what the worker
finished (`app.worker_news`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.loss_history import LossHistory
from app.map_request import MapRequest
from app.mask_brush import MaskBrush
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
from app.state import AppState, HandleView, Point, Quality, Status
from app.window_commands import (
    Apply,
    Begin,
    Cancel,
    CopySession,
    Export,
    ExportKind,
    HistoryCommand,
    LetGo,
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
)
from app.worker_contract import Worker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from app.worker_news import WorkerNews
from gan.drag_params import DragParams
from gan.errors import EditError


class Editor:
    """Edits of one session, shown before they are done."""

    def __init__(self, state: AppState, worker: Worker, brush: MaskBrush) -> None:
        self._state = state
        self._worker = worker
        self._brush = brush
        self._label: str | None = None  # of the unit that the next edit begins
        self._handles_before = dict(state.handles)  # when the last unit began
        self._losses = LossHistory(state)
        self._news = WorkerNews(state, brush, self._losses)
        self._exports: list[tuple[int, str]] = []  # that are not done: serial and name

    @property
    def sent_serial(self) -> int:
        """Serial of the last command that was sent."""
        return self._worker.sent_serial

    # handles

    def begin(self, label: str) -> None:
        """The next edits are one undoable unit."""
        self._label = label
        self._handles_before = dict(self._state.handles)
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

    def remove_handle(self, handle_id: int) -> None:
        """Removes one handle, if it is there."""
        if handle_id in self._state.handles:
            self._state.forget_handles([handle_id])
            self._apply(RemoveHandle(handle_id))

    def let_go(self, last: int | None, replaced_by: int) -> None:
        """The handle of the grab before goes, in whose place another one was just added: where that is
        refused, it stays. last: which one that is, as far as the window knows."""
        if last is not None:
            self._state.forget_handles([last])
        self._note_edit()
        self._worker.submit(LetGo(replaced_by))

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
        self._news.note_mask_sent()
        self._apply(set_mask_edit(self._brush.mask if self._brush.is_painted else None))

    def run(self, on: bool, hold: bool = False, handle: int | None = None) -> None:
        """Starts or stops the drag; hold: it stays alive when everything has arrived. handle: see
        `SetRunning`."""
        self._state.running = on
        if on:
            self._go_on_from_shown()
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
        self._go_on_from_shown()
        self._worker.submit(StepOnce())

    def undo(self) -> None:
        """Takes the last unit back."""
        self._worker.submit(Undo())

    def redo(self) -> None:
        """Does it again."""
        self._worker.submit(Redo())

    def cancel(self, quietly: bool = False) -> None:
        """Takes the open unit back, for good. quietly: the status stays what it is."""
        state = self._state
        state.forget_handles(state.handles.keys() - self._handles_before.keys())
        state.handles = dict(self._handles_before)  # now: the next press may come before the worker's answer
        self._worker.submit(Cancel(quietly))

    def open_session(self, opening: OpenSession) -> None:
        """Replays a session in the place of the present one."""
        self._losses.forget()
        self._state.show_hint = False
        self._state.status = Status(f"Replaying {opening.name}", "busy")
        self._state.opening = True
        self._worker.submit(opening)

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
        serial = self._worker.submit(Export(what, path, choice.mark, choice.picture))
        self._exports.append((serial, path.name))

    @property
    def exporting(self) -> tuple[str, ...]:
        """Names of what is still being written, or waits for it."""
        return tuple(name for _, name in self._exports)

    def give_up_exports(self) -> None:
        """What is not written yet will not be."""
        self._worker.give_up_exports()

    def open_latent(self, path: Path) -> None:
        """Starts from the latent in a file; the handles belong to the old picture and go."""
        self._state.forget_handles(list(self._state.handles))
        self._losses.forget()
        self._note_edit()
        self._worker.submit(StartFromFile(path))

    # back

    def take(self, picture: bool) -> WorkerFrame | None:
        """Takes what the worker finished into the state; returns it for its picture."""
        frame = self._worker.take(picture)
        if frame is not None:
            self._exports = [export for export in self._exports if export[0] > frame.serial]
            self._news.adopt(frame, up_to_date=frame.serial == self._worker.sent_serial)
        return frame

    def _apply(self, edit: Edit) -> None:
        self._note_edit()
        self._worker.submit(Apply(edit))

    def _note_edit(self) -> None:
        """What follows from an edit whatever it is, at once: while the mouse moves the worker is always
        behind."""
        state = self._state
        if self._label is not None:
            state.undo_label, self._label = self._label, None
        state.redo_label = None
        self._go_on_from_shown()

    def _go_on_from_shown(self) -> None:
        """An earlier picture that is looked at is the present one from now on, also in the timeline."""
        view = self._state.history.view
        if view.viewed is not None:
            self._state.history.view = replace(view, now=view.viewed, viewed=None)
