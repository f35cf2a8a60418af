"""`Worker`: what the window needs of the one that does its commands."""

from __future__ import annotations

from typing import Protocol

from app.window_commands import Command
from app.worker_frame import WorkerFrame


class Worker(Protocol):
    """`app.worker.DragWorker` is one; tests give a small fake."""

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

    def give_up_exports(self) -> None:
        """No file is wanted any more that is not written yet."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...
