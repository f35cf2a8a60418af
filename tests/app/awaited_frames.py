"""A drag worker, and waiting for the frame of it that fits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.session.edit_session import EditSession
from app.session.edits import AddHandle
from app.window_commands import Apply, Begin, SetRunning
from app.worker import DragWorker
from app.worker_frame import WorkerFrame
from tests.app.polling import DEADLINE_S
from tests.app.tiny import tiny_generator


@contextmanager
def running_worker(session: EditSession | None = None) -> Iterator[DragWorker]:
    worker = DragWorker(session or EditSession(tiny_generator()), thread_count=1)
    try:
        yield worker
    finally:
        worker.close()


def wait_for(worker: DragWorker, fits: Callable[[WorkerFrame], bool]) -> WorkerFrame:
    """The first frame that fits."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        frame = worker.take()
        if frame is not None and fits(frame):
            return frame
        time.sleep(0.002)
    raise AssertionError("the worker published no such frame")


def start_drag(worker: DragWorker, hold: bool = True) -> int:
    worker.submit(Begin("drag"))
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (14.0, 10.0))))
    return worker.submit(SetRunning(True, hold))


def take_until(worker: DragWorker, fits: Callable[[WorkerFrame], bool]) -> WorkerFrame:
    """As the window does: every picture that is taken is handed back."""

    def looked_at(frame: WorkerFrame) -> bool:
        if frame.picture is not None:
            frame.hand_back()
        return fits(frame)

    return wait_for(worker, looked_at)
