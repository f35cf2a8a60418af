"""`DragWorker`: the one thread that owns the `EditSession`. Commands go in, finished frames come out.

The window never waits for it: `submit` appends to a queue, `take` picks up what is ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch

from app.drag_progress import DragProgress
from app.errors import TaskCancelled
from app.mailbox import Mailbox
from app.picture_choice import Pace
from app.picture_feed import PictureFeed
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget, SetParams, StartFromLatent, StartFromSeed
from app.session.replay import replay
from app.session.session_files import SessionFiles
from app.task_board import TaskBoard
from app.thread_priority import give_way
from app.worker_device import WorkerDevice, device_name
from app.worker_messages import (
    Apply,
    Begin,
    Cancel,
    Command,
    ExportPicture,
    OpenSession,
    Redo,
    SaveSession,
    SetQuality,
    SetRunning,
    StepOnce,
    Undo,
    UseSession,
    WorkerFrame,
)
from gan.device_fallback import DeviceFallback, DeviceLevel
from gan.errors import DeviceError, EditError, LiveDragError
from gan.step_result import HostStepResult

log = logging.getLogger(__name__)

Exporter = Callable[[EditSession, ExportPicture], None]


@dataclass(frozen=True)
class _Queued:
    serial: int
    command: Command


class DragWorker:
    """Runs drag steps while running and not done, between commands; publishes the newest state.

    While the drag runs a picture is synthesised only if the last one was taken (where steps are faster than
    frames, none is made that nobody sees), and where pictures are slow they take half of the time at most, or
    are previews (`app.picture_choice`). When the drag rests the newest picture is always made, in full.
    Any exception ends the drag, not the worker: its text is published, the session stays at its last good
    state. A queued move of a target or slider is replaced by a newer one of the same.
    """

    def __init__(
        self,
        session: EditSession,
        files: SessionFiles | None = None,
        export: Exporter | None = None,
        thread_count: int | None = None,
        device: WorkerDevice | None = None,
        tasks: TaskBoard | None = None,
    ) -> None:
        """files: None keeps nothing. thread_count: torch threads of the worker; None leaves torch's.
        tasks: where a replay is shown, with Cancel.
        """
        device = device or WorkerDevice()
        self._session = session
        self._files = files or SessionFiles()
        self._export = export
        self._tasks = tasks or TaskBoard()
        self._thread_count = thread_count
        self._queue: deque[_Queued] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._sent_serial = 0

        # owned by the thread
        self._serial = 0
        self._running = False
        self._hold = False
        self._stepper = device.stepper
        self._progress = DragProgress(may_wait=device.stepper is None)
        self._reopen_on_cpu = device.reopen_on_cpu
        self._fallback = DeviceFallback(DeviceLevel.FULL, self._descend, self._note_fallback)
        self._message: tuple[str, bool] | None = None
        self._frame_begins = False  # the window has begun a frame since the last steps

        self._mailbox = Mailbox()
        self._feed = PictureFeed(self._mailbox, device.pictures, device.previews)
        self.step_times_ms: deque[float] = deque(maxlen=20_000)
        self._thread = threading.Thread(target=self._work, name="drag", daemon=True)
        self._thread.start()

    # called from the window's thread

    @property
    def sent_serial(self) -> int:
        """Serial of the last command that was submitted."""
        return self._sent_serial

    def submit(self, command: Command) -> int:
        """Queues a command; returns its serial. Never blocks on the drag."""
        with self._wake:
            self._sent_serial += 1
            if self._queue and _supersedes(command, self._queue[-1].command):
                self._queue.pop()
            self._queue.append(_Queued(self._sent_serial, command))
            self._wake.notify()
            return self._sent_serial

    def take(self, picture: bool = True) -> WorkerFrame | None:
        """The newest state since the last call, None if there is none; called once a frame. picture=False
        leaves the picture, if there is one, for a later call.
        """
        if self._stepper is not None:
            with self._wake:
                self._frame_begins = True
                self._wake.notify()
        return self._mailbox.take(picture)

    @property
    def session(self) -> EditSession:
        """The session as it is. Only after `close`: until then it belongs to the thread."""
        return self._session

    def close(self) -> None:
        """Finishes the step in hand and the queued commands, then ends the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._feed.close()

    # the thread

    def _work(self) -> None:
        if self._thread_count is not None:
            torch.set_num_threads(self._thread_count)
        give_way()
        self._guarded(self._publish)
        while True:
            with self._wake:
                self._wake.wait_for(
                    lambda: self._queue or self._closing or self._has_steps_to_do(),
                    timeout=self._feed.choice.ask_again_s(self._pace),
                )
                self._frame_begins = False
                commands = list(self._queue)
                self._queue.clear()
                closing = self._closing
            for queued in commands:
                self._guarded(lambda c=queued.command: self._execute(c))
                self._serial = queued.serial
            if closing:
                return
            if self._stepper is not None:
                self._guarded(lambda: self._fallback.run(lambda _level: self._follow_device()))
            elif self._may_step():
                self._guarded(self._step)
            self._guarded(self._publish)
            if self._message is not None:  # the picture failed, or the device did
                self._mailbox.put(self._frame())

    def _may_step(self) -> bool:
        return self._running and not self._progress.has_arrived(self._session.session)

    def _has_steps_to_do(self) -> bool:
        """On a GPU once a frame; the results of the last frame are still to be read when no step follows."""
        if self._stepper is None:
            return self._may_step()
        return self._frame_begins and (
            self._may_step() or self._stepper.in_flight or self._feed.waits_for_memory
        )

    @property
    def _pace(self) -> Pace:
        if self._may_step() or (self._stepper is not None and self._stepper.in_flight):
            return "stepping"
        return "paused" if self._running and self._hold else "resting"

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except TaskCancelled as error:
            self._message = (str(error).capitalize(), False)
        except LiveDragError as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("the drag worker failed")
            self._fail(f"{type(error).__name__}: {error}")

    def _fail(self, text: str) -> None:
        self._running = False
        self._message = (text, True)

    def _execute(self, command: Command) -> None:
        session = self._session
        match command:
            case Begin():
                session.begin(command.label)
            case Apply():
                session.apply(command.edit)
                self._running = self._running and bool(session.session.handle_ids)
                if isinstance(command.edit, MoveTarget):
                    self._target_moved(command.edit)
                else:
                    self._changed(picture=isinstance(command.edit, (StartFromSeed, StartFromLatent)))
            case Undo():
                self._rest_after(session.undo(), "Undone", "Nothing to undo")
            case Redo():
                self._rest_after(session.redo(), "Redone", "Nothing to redo")
            case Cancel():
                self._rest_after(session.cancel(), "Cancelled", "Nothing to cancel")
            case SetRunning():
                self._set_running(command)
            case SetQuality():
                self._feed.choice.quality = command.quality
            case StepOnce():
                self._step()
            case OpenSession():
                self._session = self._open(command)
                self._running = False
                self._changed(picture=True)
                self._message = (f"Opened {command.path.name}", False)
            case UseSession():
                self._files.leave(session)
                self._session = command.session
                self._running = False
                self._changed(picture=True)
            case SaveSession():
                self._files.save(session, command.path)
                self._message = (f"Saved {command.path}", False)
            case ExportPicture():
                if self._export is None:
                    raise EditError("this window cannot export pictures")
                with self._tasks.task("Exporting the picture", can_cancel=False):
                    self._export(session, command)
                self._message = (f"Exported {command.path}", False)

    def _open(self, command: OpenSession) -> EditSession:
        with self._tasks.task(f"Replaying {command.path.name}") as task:

            def before_step(session: EditSession, share: float) -> None:
                self._refuse_if_closing(session)
                task.advance(share)

            return self._files.open(command.path, command.saves_there, self._session, before_step)

    def _refuse_if_closing(self, _session: EditSession) -> None:
        if self._closing:
            raise EditError("the window was closed while a session was being opened")

    def _rest_after(self, label: str | None, verb: str, nothing: str) -> None:
        self._running = False
        self._message = (nothing if label is None else f"{verb}: {label}", False)
        if label is not None:
            self._changed(picture=True)

    def _changed(self, picture: bool) -> None:
        """The edit changed other than by a step; picture: what is seen may have changed too."""
        if self._stepper is not None:
            picture = picture or self._stepper.in_flight
            self._stepper.drop()
        self._progress.note_change()
        if picture:
            self._feed.choice.note_change()
        self._files.note_change(self._session)

    def _target_moved(self, edit: MoveTarget) -> None:
        if self._stepper is not None:
            self._stepper.note_targets_moved()
        self._progress.note_target(edit.id, edit.target)
        self._feed.choice.note_move()
        self._files.note_change(self._session)

    def _set_running(self, command: SetRunning) -> None:
        if command.on and not self._session.session.handle_ids:
            raise EditError("there are no handles; place a handle and its target first")
        self._running, self._hold = command.on, command.hold
        if not self._hold and self._progress.has_arrived(self._session.session):
            self._running = False

    def _step(self) -> None:
        if not self._session.session.handle_ids:
            raise EditError("there are no handles; place a handle and its target first")
        start = time.perf_counter()
        # sync: in the worker; the window does not wait for it
        result = self._fallback.run(lambda _level: self._session.step().to_host())
        self._feed.choice.note_change()
        self._note_step(result, (time.perf_counter() - start) * 1000)
        self._files.note_change(self._session)

    def _follow_device(self) -> None:
        """Takes over the steps that the GPU has finished, and starts this frame's."""
        stepper = self._stepper
        if stepper is None:  # it has just given up
            return
        for step in stepper.finished():
            self._note_step(step.result, step.step_ms)
        if self._may_step() and stepper.may_launch:
            stepper.launch(self._session)
            self._feed.choice.note_change()
            self._files.note_change(self._session)

    def _note_step(self, result: HostStepResult, step_ms: float) -> None:
        self.step_times_ms.append(step_ms)
        self._progress.note_step(result, step_ms)
        if self._session.session.repair(result):
            return  # too much for 16 bits; the next step is done in 32
        if not result.finite:
            self._fail(
                "A step gave values that are not finite (NaN); the picture stays at the last good state"
            )
        if not self._hold and (result.done or self._progress.stalled):
            self._running = False

    def _publish(self) -> None:
        frame = self._frame()
        self._mailbox.put(frame)  # first: handles and messages do not wait for a picture
        self._fallback.run(lambda _level: self._feed.publish(self._session.session, frame, self._pace))
        if self._stepper is not None and self._feed.last_cost_ms is not None:
            self._stepper.budget.note_picture(self._feed.last_cost_ms)

    # a device that gives up

    def _note_fallback(self, text: str) -> None:
        self._message = (text, True)

    def _descend(self, level: DeviceLevel) -> None:
        """Less of the device from now on; see `gan.device_fallback`. The edit's log is in the host's memory:
        on the processor it is done again, step for step, whatever became of the device's memory."""
        if self._stepper is not None:
            self._stepper.drop()
        if level is DeviceLevel.PREVIEW:
            self._feed.choice.full_fits = False
            return
        if self._reopen_on_cpu is None:
            raise DeviceError(
                "the device gave up, and the edit cannot go on elsewhere; it is saved as it was"
            )
        self._stepper = None
        self._progress = DragProgress()
        self._feed.use_host()
        document = self._session.document()
        self._session = replay(document, self._reopen_on_cpu(self._session.generator))

    def _frame(self) -> WorkerFrame:
        session, edit = self._session.session, self._session
        error = self._files.take_error()
        if error is not None:
            self._message = (error, True)
        text, failed = self._message or (None, False)
        origin = edit.origin
        seeded = isinstance(origin, StartFromSeed)
        frame = WorkerFrame(
            serial=self._serial,
            handles=self._progress.handle_frames(session),
            iteration=edit.step_count,
            done=self._progress.has_arrived(session),
            running=self._running,
            seed=origin.seed if seeded else None,
            truncation_psi=origin.truncation_psi if seeded else 0.7,
            params=session.params,
            undo_label=edit.undo_label,
            redo_label=edit.redo_label,
            painted_mask=edit.painted_mask,
            losses=self._progress.take_losses(),
            step_ms=self._progress.step_ms,
            stalled=self._progress.stalled,
            session_file=self._files.path,
            message=text,
            failed=failed,
            has_preview=self._feed.has_preview(session),
            device_name=device_name(session.generator.device),
            model_name=session.generator.provenance.name,
            picture_size=(session.generator.width, session.generator.height),
        )
        self._message = None
        return frame


def _supersedes(new: Command, old: Command) -> bool:
    """Whether a queued command is pointless now: a slider or a target that has moved on."""
    if not (isinstance(new, Apply) and isinstance(old, Apply)):
        return False
    if isinstance(new.edit, MoveTarget) and isinstance(old.edit, MoveTarget):
        return new.edit.id == old.edit.id
    return isinstance(new.edit, StartFromSeed | SetParams) and type(new.edit) is type(old.edit)
