"""`DragWorker`: the one thread that owns the `EditSession`. Commands go in, finished frames come out.

The window never waits for it: `submit` appends to a queue, `take` picks up what is ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from app.drag_progress import DragProgress
from app.mailbox import Mailbox
from app.scheduler import PictureShare
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget, SetParams, StartFromLatent, StartFromSeed
from app.session.session_files import SessionFiles
from app.worker_messages import (
    Apply,
    Begin,
    Cancel,
    Command,
    ExportPicture,
    OpenSession,
    Redo,
    SaveSession,
    SetRunning,
    StepOnce,
    Undo,
    UseSession,
    WorkerFrame,
)
from gan.errors import EditError, LiveDragError

log = logging.getLogger(__name__)

Exporter = Callable[[EditSession, ExportPicture], None]


@dataclass(frozen=True)
class _Queued:
    serial: int
    command: Command


class DragWorker:
    """Runs drag steps while running and not done, between commands; publishes the newest state.

    While the drag runs a picture is synthesised only if the last one was taken (where steps are faster than
    frames, none is made that nobody sees), and where pictures are slow they take half of the time at most.
    When the drag rests the newest picture is always made.
    Any exception ends the drag, not the worker: its text is published, the session stays at its last good
    state. A queued move of a target or slider is replaced by a newer one of the same.
    """

    def __init__(
        self,
        session: EditSession,
        files: SessionFiles | None = None,
        export: Exporter | None = None,
        thread_count: int | None = None,
    ) -> None:
        """files: None keeps nothing. thread_count: torch threads of the worker; None leaves torch's."""
        self._session = session
        self._files = files or SessionFiles()
        self._export = export
        self._thread_count = thread_count
        self._queue: deque[_Queued] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._sent_serial = 0

        # owned by the thread
        self._serial = 0
        self._running = False
        self._hold = False
        self._progress = DragProgress()
        self._message: tuple[str, bool] | None = None
        self._picture_stale = True
        self._picture_share = PictureShare()

        self._mailbox = Mailbox()
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
        """The newest state since the last call, None if there is none. picture=False leaves the picture,
        if there is one, for a later call.
        """
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

    # the thread

    def _work(self) -> None:
        if self._thread_count is not None:
            torch.set_num_threads(self._thread_count)
        self._guarded(self._publish)
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._queue or self._closing or self._may_step())
                commands = list(self._queue)
                self._queue.clear()
                closing = self._closing
            for queued in commands:
                self._guarded(lambda c=queued.command: self._execute(c))
                self._serial = queued.serial
            if closing:
                return
            if self._may_step():
                self._guarded(self._step)
            self._guarded(self._publish)

    def _may_step(self) -> bool:
        return self._running and not self._progress.has_arrived(self._session.session)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
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
                self._changed(
                    picture=isinstance(command.edit, (StartFromSeed, StartFromLatent)),
                    only_targets=isinstance(command.edit, MoveTarget),
                )
            case Undo():
                self._rest_after(session.undo(), "Undone", "Nothing to undo")
            case Redo():
                self._rest_after(session.redo(), "Redone", "Nothing to redo")
            case Cancel():
                self._rest_after(session.cancel(), "Cancelled", "Nothing to cancel")
            case SetRunning():
                self._set_running(command)
            case StepOnce():
                self._step()
            case OpenSession():
                self._session = self._files.open(
                    command.path, command.saves_there, session, self._refuse_if_closing
                )
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
                self._export(session, command)
                self._message = (f"Exported {command.path}", False)

    def _refuse_if_closing(self, _session: EditSession) -> None:
        if self._closing:
            raise EditError("the window was closed while a session was being opened")

    def _rest_after(self, label: str | None, verb: str, nothing: str) -> None:
        self._running = False
        self._message = (nothing if label is None else f"{verb}: {label}", False)
        if label is not None:
            self._changed(picture=True)

    def _changed(self, picture: bool, only_targets: bool = False) -> None:
        """The edit changed other than by a step; picture: what is seen may have changed too."""
        self._progress.note_change(only_targets)
        self._picture_stale = self._picture_stale or picture
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
        result = self._session.step().to_host()  # sync: in the worker; the window does not wait for it
        step_ms = (time.perf_counter() - start) * 1000
        self.step_times_ms.append(step_ms)
        self._progress.note_step(result, step_ms)
        self._picture_stale = True
        if not result.finite:
            self._fail(
                "A step gave values that are not finite (NaN); the picture stays at the last good state"
            )
        if not self._hold and (result.done or self._progress.stalled):
            self._running = False
        self._files.note_change(self._session)

    def _publish(self) -> None:
        frame = self._frame()
        self._mailbox.put(frame)  # first: handles and messages do not wait for a picture
        resting = not self._may_step()
        wanted = self._mailbox.wants_picture and self._picture_share.is_due()
        if self._picture_stale and (resting or wanted):
            self._picture_stale = False
            with self._picture_share.measured():
                picture = self._session.session.image()
            self._mailbox.put(replace(frame, picture=picture, losses=(), message=None))

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
