"""`CommandQueue`: what the window wants of the drag worker, on its way there. The window never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.given_up import LEADS_ELSEWHERE
from app.session.edits import MoveTarget, SetParams, StartFromSeed
from app.window_commands import (
    Apply,
    Begin,
    BlendBookmarks,
    Cancel,
    Command,
    OpenSession,
    Redo,
    SetMaps,
    Undo,
    ViewPicture,
)


@dataclass(frozen=True)
class Queued:
    """A command, and which one it is of all that were sent."""

    serial: int
    command: Command


class CommandQueue:
    """A command that makes the last one pointless takes its place: a slider, a target or the mouse that has
    moved on."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._queue: deque[Queued] = deque()
        self._frame_begins = False  # the window has begun a frame since the last turn
        self.sent_serial = 0  # of the last command
        self.is_closing = False
        self.opening_given_up = False  # a session that is being opened is not wanted any more
        self.exports_given_up = False  # no file is wanted any more that is not written yet

    # called from the window's thread

    def submit(self, command: Command) -> int:
        """Queues a command; its serial."""
        with self._wake:
            self.opening_given_up = self.opening_given_up and not isinstance(command, OpenSession)
            self.sent_serial += 1
            if self._queue and _supersedes(command, self._queue[-1].command):
                self._queue.pop()
            self._queue.append(Queued(self.sent_serial, command))
            self._wake.notify()
            return self.sent_serial

    def begin_frame(self) -> None:
        """The window begins a frame: on a GPU, steps begin with it."""
        with self._wake:
            self._frame_begins = True
            self._wake.notify()

    def close(self) -> None:
        """The worker is to end when it has done what is queued."""
        with self._wake:
            self.is_closing = True
            self._wake.notify()

    # called from the worker's thread

    def wait(self, has_work: Callable[[bool], bool], timeout_s: float | None) -> tuple[list[Queued], bool]:
        """Waits until there is a command or other work, the worker is to end, or so long (None = for ever).

        has_work: told whether a frame of the window begins. Returns the commands, oldest first, which are no
        longer queued, and whether to end after them.
        """
        with self._wake:
            self._wake.wait_for(
                lambda: self._queue or self.is_closing or has_work(self._frame_begins), timeout=timeout_s
            )
            self._frame_begins = False
            commands = list(self._queue)
            self._queue.clear()
            return commands, self.is_closing

    @property
    def is_waiting(self) -> bool:
        """Whether the worker is wanted for something else than what it does."""
        return bool(self._queue) or self.is_closing

    @property
    def taken_back_by(self) -> Cancel | Undo | None:
        """The command that takes back the unit of what is being done, if it has been sent, and no Redo."""
        with self._wake:
            commands = [queued.command for queued in self._queue]
        for number, command in enumerate(commands):
            if isinstance(command, (Begin, *LEADS_ELSEWHERE)):
                return None  # what comes then is of another unit
            if isinstance(command, Cancel):
                return command
            if isinstance(command, Undo):
                return None if any(isinstance(c, Redo) for c in commands[number:]) else command
        return None


def _supersedes(new: Command, old: Command) -> bool:
    """Whether a queued command is pointless now."""
    if isinstance(new, SetMaps) and isinstance(old, SetMaps):
        return True
    if isinstance(new, ViewPicture) and isinstance(old, ViewPicture):
        return True
    if isinstance(new, BlendBookmarks) and isinstance(old, BlendBookmarks):
        return (new.first, new.second) == (old.first, old.second)
    if not (isinstance(new, Apply) and isinstance(old, Apply)):
        return False
    if isinstance(new.edit, MoveTarget) and isinstance(old.edit, MoveTarget):
        return new.edit.id == old.edit.id
    return isinstance(new.edit, StartFromSeed | SetParams) and type(new.edit) is type(old.edit)
