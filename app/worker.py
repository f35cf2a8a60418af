"""`DragWorker`: the one thread that owns the `EditSession`. Commands go in, finished frames come out.

The window never waits for it: `submit` appends to a queue, `take` picks up what is ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from app.command_queue import CommandQueue, Queued
from app.drag_run import DragRun
from app.errors import TaskCancelled, details_of
from app.frame_maker import FrameMaker
from app.history_viewer import HistoryViewer
from app.mailbox import Mailbox
from app.map_feed import MapFeed
from app.picture_choice import Pace
from app.picture_feed import PictureFeed
from app.preview_fitter import PreviewFitter
from app.provenance import PictureProvenance
from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget
from app.session.session_files import SessionFiles
from app.step_preparation import StepPreparation
from app.task_board import TaskBoard
from app.thread_priority import give_way
from app.window_commands import Apply, Command
from app.worker_commands import Exporter, WorkerCommands
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from app.worker_messages import WorkerMessages
from gan.devices import enter
from gan.errors import LiveDragError

log = logging.getLogger(__name__)


class DragWorker:
    """Runs drag steps while running and not done, between commands; publishes the newest state.

    While the drag runs a picture is synthesised only if the last one was taken (where steps are faster than
    frames, none is made that nobody sees), and where pictures are slow they take half of the time at most, or
    are previews (`app.picture_choice`). When the drag rests the newest picture is always made, in full.
    Any exception ends the drag, not the worker: its text is published, each once, and the session stays at
    its last good state. A queued move of a target or slider is replaced by a newer one of the same.
    """

    def __init__(
        self,
        session: EditSession,
        files: SessionFiles | None = None,
        export: Exporter | None = None,
        thread_count: int | None = None,
        device: WorkerDevice | None = None,
        previews: PreviewFitter | None = None,
        clock: Callable[[], float] = time.perf_counter,
        tasks: TaskBoard | None = None,
    ) -> None:
        """files: None keeps nothing. thread_count: torch threads of the worker; None leaves torch's. device:
        of `session`; None = a processor. previews: fits them; None = full pictures only. tasks: where
        a replay is shown, with Cancel."""
        self._files = files or SessionFiles()
        self._thread_count = thread_count
        self._queue = CommandQueue()

        # owned by the thread
        self._serial = 0
        self._messages = WorkerMessages()

        self._mailbox = Mailbox()
        self._feed = PictureFeed(self._mailbox, None, previews, clock)
        self._maps = MapFeed(None, clock)
        self._run = DragRun(
            *(session, device or WorkerDevice(), self._feed, self._maps, self._files, self._messages.tell),
            go_on=lambda: not self._queue.is_closing,
        )
        self._viewer = HistoryViewer(self._run, self._feed)
        self._frames = FrameMaker(self._run, self._viewer, self._feed, self._files, self._messages)
        self._ahead = StepPreparation(self._run, clock)
        self._commands = WorkerCommands(
            *(self._run, self._feed, self._maps, self._files, export),
            go_on=lambda: not self._queue.is_closing,
            wants_to_open=lambda: not self._queue.opening_given_up,
            wants_exports=lambda: not self._queue.exports_given_up,
            sent_serial=lambda: self._queue.sent_serial,
            taken_back_by=lambda: self._queue.taken_back_by,
            viewer=self._viewer,
            tasks=tasks or TaskBoard(),
        )
        self.step_times_ms = self._run.step_times_ms
        self._thread = threading.Thread(target=self._work, name="drag", daemon=True)
        self._thread.start()

    # called from the window's thread

    @property
    def sent_serial(self) -> int:
        """Serial of the last command that was submitted."""
        return self._queue.sent_serial

    def submit(self, command: Command) -> int:
        """Queues a command; returns its serial. Never blocks on the drag."""
        if isinstance(command, Apply) and isinstance(command.edit, MoveTarget):
            self._feed.choice.note_move()  # now: done only after the step in hand, it would look like a rest
        return self._queue.submit(command)

    def take(self, picture: bool = True) -> WorkerFrame | None:
        """The newest state since the last call, None if there is none; called once a frame. picture=False
        leaves the picture, if there is one, for a later call.
        """
        if self._run.stepper is not None:
            self._queue.begin_frame()
        return self._mailbox.take(picture)

    @property
    def session(self) -> EditSession:
        """The session as it is. Only after `close`: until then it belongs to the thread."""
        return self._run.session

    def document(self) -> SessionDocument:
        """The session as it stands, ready to be written; may be called from any thread."""
        return self._run.session.document()

    def provenance(self) -> PictureProvenance:
        """What the picture that is shown says about itself; may be called from any thread."""
        session, looked_at = self._run.session, self._viewer.looked_at
        origin = session.origin if looked_at is None else looked_at.origin
        return PictureProvenance.of(session.generator, origin)

    def close(self) -> None:
        """Finishes the step in hand and the queued commands, then ends the thread."""
        self._queue.close()
        self._thread.join()
        self._feed.close()

    @property
    def unsaid_failures(self) -> tuple[str, ...]:
        """What failed, and no window has shown. Only after `close`."""
        last = self._mailbox.take(picture=False)
        messages = (*(() if last is None else last.messages), *self._messages.take())
        return tuple(message.text for message in messages if message.failed)

    def give_up_opening(self) -> None:
        """A session that is being opened is not wanted any more; the present one stays."""
        self._queue.opening_given_up = True

    def give_up_exports(self) -> None:
        """No file is wanted any more that is not written yet; which these are, `unsaid_failures` says."""
        self._queue.exports_given_up = True

    # the thread

    def _work(self) -> None:
        if self._thread_count is not None:
            torch.set_num_threads(self._thread_count)
        give_way()
        self._guarded(lambda: enter(self._run.session.generator.device))
        self._guarded(self._publish)
        while True:
            commands, closing = self._queue.wait(self._has_work, self._wait_s())
            for queued in commands:
                self._guarded(lambda q=queued: self._execute(q))
                self._serial = queued.serial
                self._ahead.note_command()
            if closing:
                return
            self._guarded(self._run.advance)
            self._guarded(self._publish)
            if self._viewer.is_unfinished:
                self._guarded(lambda: self._viewer.refine(give_up=lambda: self._queue.is_waiting))
                self._guarded(self._publish)
            if not self._queue.is_waiting:
                self._guarded(self._ahead.do_if_due)
            if self._messages:  # the picture failed, or the device did
                self._tell_at_least()

    def _wait_s(self) -> float | None:
        """Until there is something to do though nothing happens; None = for ever."""
        times_s = self._feed.ask_again_s(self._pace), self._ahead.due_in_s()
        return min((time_s for time_s in times_s if time_s is not None), default=None)

    def _has_work(self, frame_begins: bool) -> bool:
        return self._viewer.is_unfinished or self._run.has_steps_to_do(frame_begins)

    @property
    def _pace(self) -> Pace:
        return self._run.pace if self._viewer.looked_at is None else "paused"

    def _execute(self, queued: Queued) -> None:
        text = self._commands.execute(queued.command, queued.serial)
        if text is not None:
            self._messages.tell(text, failed=False)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Does it, with less of the device where that gives up. Whatever else fails ends the drag only."""
        try:
            self._run.on_device(action)
        except TaskCancelled as error:
            if str(error):  # else the window has said what to do
                self._messages.tell(str(error), failed=False)
        except LiveDragError as error:
            self._fail(str(error), details_of(error))
        except Exception as error:
            log.exception("the drag worker failed")
            lines = str(error).splitlines()[:1]  # torch's go on with advice for programmers
            self._fail(": ".join([type(error).__name__, *lines]), details_of(error))

    def _fail(self, text: str, details: str) -> None:
        self._run.stop()
        self._messages.tell(text, failed=True, details=details)

    def _publish(self) -> None:
        frame = self._frames.frame(self._serial, self._commands.session_text)
        self._commands.session_text = None
        self._mailbox.put(frame)  # first: handles and messages do not wait for a picture
        looked_at = self._viewer.looked_at
        shown = self._run.session.session if looked_at is None else looked_at.session
        self._feed.publish(shown, frame, self._pace)
        layers = self._maps.make(shown, self._pace, self._mailbox.wants_layers)
        if layers:
            self._mailbox.put(
                replace(frame, layers=layers, losses=(), passed=(), messages=(), session_text=None)
            )
        if self._run.stepper is not None and self._feed.last_cost_ms is not None:
            self._run.stepper.budget.note_picture(self._feed.last_cost_ms)

    def _tell_at_least(self) -> None:
        """What there is to tell, where no other frame can be made."""
        frame = self._frames.last_known(self._serial)
        if frame is not None:
            self._mailbox.put(frame)
