"""The worker's thread has a lower priority than the window's; the window's stays."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.thread_priority import WORKER_NICENESS, give_way
from app.worker import DragWorker
from tests.app.tiny import tiny_generator


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of one thread exists on Linux only")
def test_the_drag_gives_way_to_the_window() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    worker = DragWorker(EditSession(tiny_generator(), StartFromSeed(0)))
    try:
        (thread,) = (t for t in threading.enumerate() if t.name == "drag")
        while worker.take() is None:  # it lowers its priority before it publishes anything
            pass
        assert os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) == max(own, WORKER_NICENESS)
        assert os.getpriority(os.PRIO_PROCESS, 0) == own
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of one thread exists on Linux only")
def test_a_program_that_was_started_with_a_low_priority_keeps_it() -> None:
    """As `nice -n 15 livedrag`: to raise it is forbidden, and would end the worker."""
    found: list[int] = []

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        give_way()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [15]
