"""A session whose device is lost when a test says so, and a worker that goes on with it on the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from app.session.edit_session import EditSession
from app.session.edits import AddHandle, Edit, MoveTarget, StartFromSeed
from app.session.session_files import SessionFiles
from app.window_commands import Command
from app.worker import DragWorker
from app.worker_commands import Exporter
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.generator import Generator
from gan.step_result import StepResult
from tests.app.awaited_frames import wait_for
from tests.app.tiny import tiny_generator

LOST = torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors might be late")


HANDLE = AddHandle(0, (10.0, 10.0), (14.0, 10.0))


class OnDevice(EditSession):
    """A session whose device is lost from the moment that the test says so: whatever asks it fails."""

    lost = False

    def apply(self, edit: Edit) -> None:
        self._ask()
        super().apply(edit)

    def step(self) -> StepResult:
        self._ask()
        return super().step()

    def undo(self) -> str | None:
        self._ask()
        return super().undo()

    def redo(self) -> str | None:
        self._ask()
        return super().redo()

    def cancel(self) -> str | None:
        self._ask()
        return super().cancel()

    def _ask(self) -> None:
        if self.lost:
            raise LOST


def on_processor(_generator: Generator) -> Generator:
    return tiny_generator()


@contextmanager
def working_on(
    session: EditSession,
    files: SessionFiles | None = None,
    reopen: Callable[[Generator], Generator] | None = on_processor,
    export: Exporter | None = None,
) -> Iterator[DragWorker]:
    worker = DragWorker(session, files, export, device=WorkerDevice(reopen_on_cpu=reopen))
    try:
        yield worker
    finally:
        worker.close()


def do(worker: DragWorker, *commands: Command) -> WorkerFrame:
    """The frame in which they are done."""
    for command in commands:
        worker.submit(command)
    return wait_for(worker, lambda frame: frame.serial == worker.sent_serial)


def edited() -> OnDevice:
    """Three units, the last two of them undone."""
    session = OnDevice(tiny_generator(), StartFromSeed(3))
    for label, target in (("drag", (14.0, 10.0)), ("further", (16.0, 11.0)), ("back", (11.0, 12.0))):
        session.begin(label)
        session.apply(HANDLE if label == "drag" else MoveTarget(0, target))
        session.step()
        session.step()
    session.undo()
    session.undo()
    return session


def failing_at(
    iteration: int, error: Exception, session_type: type[EditSession] = EditSession
) -> EditSession:
    """A session whose device fails at that step."""

    class Failing(session_type):
        def step(self) -> StepResult:
            if self.session.iteration >= iteration:
                raise error
            return super().step()

    return Failing(tiny_generator())
