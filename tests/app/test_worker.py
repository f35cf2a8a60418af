"""The worker thread on a tiny generator: order, pictures, failures, going back."""

from __future__ import annotations

import threading
import time

import pytest

from app.session.edit_session import EditSession
from app.session.edits import AddHandle, ClearHandles, MoveTarget, RemoveHandle, StartFromSeed
from app.window_commands import (
    Apply,
    Begin,
    Cancel,
    OpenSession,
    Redo,
    SetRunning,
    StepOnce,
    Undo,
    ViewPicture,
)
from app.worker import DragWorker
from app.worker_frame import WorkerFrame
from gan.step_result import StepResult
from tests.app.awaited_frames import running_worker, start_drag, wait_for
from tests.app.polling import DEADLINE_S
from tests.app.said import has_failed, said
from tests.app.tiny import tiny_generator


def test_the_first_frame_holds_the_picture() -> None:
    with running_worker() as worker:
        frame = wait_for(worker, lambda f: f.picture is not None)
    assert frame.picture is not None
    assert frame.picture.shape == (32, 32, 3)
    assert frame.seed == 0
    assert not frame.running


def test_commands_are_done_in_order_and_the_serial_says_how_far() -> None:
    with running_worker() as worker:
        worker.submit(Begin("place handle"))
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (14.0, 10.0))))
        last = worker.submit(Apply(MoveTarget(0, (15.0, 10.0))))
        frame = wait_for(worker, lambda f: f.serial == last)
    assert [h.id for h in frame.handles] == [0]
    assert frame.handles[0].target == (15.0, 10.0)
    assert frame.handles[0].distance_px == pytest.approx(5.0)
    assert frame.undo_label == "place handle"


def test_steps_run_while_running_and_stop_when_told() -> None:
    with running_worker() as worker:
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        worker.submit(SetRunning(True, hold=True))
        frame = wait_for(worker, lambda f: f.iteration >= 3 and bool(f.losses))
        assert frame.handles[0].confidence is not None
        stop = worker.submit(SetRunning(False))
        rest = wait_for(worker, lambda f: f.serial >= stop)
        assert not rest.running


def test_the_newest_picture_is_there_when_the_drag_rests() -> None:
    session = EditSession(tiny_generator())
    with running_worker(session) as worker:
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        last = max(worker.submit(StepOnce()) for _ in range(4))
        frame = wait_for(worker, lambda f: f.serial == last and f.picture is not None)
    assert (frame.picture == session.session.image()).all()
    assert session.session.iteration == 4


def test_a_picture_that_is_not_taken_is_kept_for_later() -> None:
    with running_worker() as worker:
        wait_for(worker, lambda f: f.picture is not None)
        last = worker.submit(Apply(StartFromSeed(4)))
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            frame = worker.take(picture=False)
            if frame is not None and frame.serial == last:
                break
            time.sleep(0.002)
        assert wait_for(worker, lambda f: f.picture is not None).seed == 4


def test_a_refused_edit_is_said_and_the_worker_lives() -> None:
    with running_worker() as worker:
        worker.submit(Apply(AddHandle(0, (99.0, 10.0), (14.0, 10.0))))
        frame = wait_for(worker, has_failed)
        assert "outside the picture" in said(frame)
        worker.submit(SetRunning(True))
        assert "no handles" in said(wait_for(worker, has_failed))
        worker.submit(Apply(AddHandle(0, (9.0, 10.0), (14.0, 10.0))))
        assert wait_for(worker, lambda f: bool(f.handles)).handles[0].handle == (9.0, 10.0)


def test_a_grab_whose_handle_is_refused_says_why_and_nothing_else() -> None:
    with running_worker() as worker:
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(0, (99.0, 10.0), (99.0, 10.0))))
        worker.submit(SetRunning(True, hold=True, handle=0))
        worker.submit(Apply(MoveTarget(0, (14.0, 10.0))))
        worker.submit(SetRunning(True, hold=False, handle=0))
        last = worker.submit(Apply(RemoveHandle(0)))
        told: list[str] = []

        def is_done(frame: WorkerFrame) -> bool:
            told.extend(message.text for message in frame.messages)
            return frame.serial == last

        frame = wait_for(worker, is_done)
        assert len(told) == 1
        assert "outside the picture" in told[0]
        assert not frame.running
        # the next grab is as any other
        worker.submit(Apply(AddHandle(1, (9.0, 10.0), (14.0, 10.0))))
        worker.submit(SetRunning(True, hold=True, handle=1))
        assert wait_for(worker, lambda f: f.iteration > 0).running


def test_a_session_that_has_a_handle_of_a_refused_ones_number_can_be_edited() -> None:
    other = EditSession(tiny_generator())
    other.apply(AddHandle(0, (9.0, 10.0), (14.0, 10.0)))
    with running_worker() as worker:
        worker.submit(Apply(AddHandle(0, (99.0, 10.0), (99.0, 10.0))))
        worker.submit(OpenSession(other.document(), "other.json"))
        last = worker.submit(Apply(MoveTarget(0, (15.0, 10.0))))
        assert wait_for(worker, lambda f: f.serial == last).handles[0].target == (15.0, 10.0)


class FailingSession(EditSession):
    """Fails at every step."""

    def step(self) -> StepResult:
        raise RuntimeError("out of luck")


def test_an_exception_in_a_step_stops_the_drag_and_keeps_the_edit() -> None:
    session = FailingSession(tiny_generator())
    with running_worker(session) as worker:
        worker.submit(Apply(AddHandle(0, (9.0, 10.0), (14.0, 10.0))))
        worker.submit(SetRunning(True, hold=True))
        frame = wait_for(worker, has_failed)
        assert said(frame) == "RuntimeError: out of luck"
        assert not frame.running
        last = worker.submit(Apply(MoveTarget(0, (15.0, 10.0))))
        assert wait_for(worker, lambda f: f.serial == last).handles[0].target == (15.0, 10.0)


def test_a_latent_that_is_not_finite_stays_out() -> None:
    session = EditSession(tiny_generator())
    before = session.session.w_plus.clone()
    from app.session.edits import start_from_latent

    bad = start_from_latent(before * float("nan"))
    with running_worker(session) as worker:
        worker.submit(Apply(bad))
        frame = wait_for(worker, has_failed)
    assert "not finite" in said(frame)
    assert (session.session.w_plus == before).all()


@pytest.mark.parametrize(("quietly", "words"), [(False, "Cancelled: drag"), (True, "")])
def test_cancel_restores_the_picture_bit_for_bit(quietly: bool, words: str) -> None:
    session = EditSession(tiny_generator())
    before = session.session.image()
    with running_worker(session) as worker:
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        worker.submit(SetRunning(True, hold=True))
        wait_for(worker, lambda f: f.iteration >= 3)
        last = worker.submit(Cancel(quietly))
        frame = wait_for(worker, lambda f: f.serial == last)
        assert said(frame) == words
        assert not frame.running
        assert frame.handles == ()
        assert frame.undo_label is None
        assert frame.redo_label is None
    assert (session.session.image() == before).all()


def test_undo_stops_the_drag() -> None:
    with running_worker() as worker:
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        worker.submit(SetRunning(True, hold=True))
        wait_for(worker, lambda f: f.iteration >= 2)
        last = worker.submit(Undo())
        frame = wait_for(worker, lambda f: f.serial == last)
        assert not frame.running
        assert frame.redo_label == "drag"
        assert frame.iteration == 0


def test_a_drag_that_is_done_again_is_as_sure_of_its_handles_as_it_was() -> None:
    """So a handle that had arrived is drawn as arrived."""
    with running_worker() as worker:
        start_drag(worker, hold=False)
        arrived = wait_for(worker, lambda f: f.iteration > 0 and not f.running)
        (handle,) = arrived.handles
        assert handle.confidence is not None
        last = worker.submit(Undo())
        assert wait_for(worker, lambda f: f.serial == last).handles == ()
        last = worker.submit(Redo())
        assert wait_for(worker, lambda f: f.serial == last).handles == (handle,)


def test_queued_moves_of_one_target_become_one() -> None:
    release = threading.Event()

    class SlowSession(EditSession):
        def step(self) -> StepResult:
            release.wait(DEADLINE_S)
            return super().step()

    session = SlowSession(tiny_generator())
    worker = DragWorker(session)
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (12.0, 10.0))))
    worker.submit(StepOnce())  # holds the worker until the moves are queued
    for x in range(13, 30):
        worker.submit(Apply(MoveTarget(0, (float(x), 10.0))))
    release.set()
    worker.close()
    moves = [edit for edit in session.document().edits if isinstance(edit, MoveTarget)]
    assert [edit.target for edit in moves] == [(29.0, 10.0)]


def test_steps_are_counted_from_the_picture_they_began_on() -> None:
    with running_worker() as worker:
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        stepped = max(worker.submit(StepOnce()) for _ in range(3))
        assert wait_for(worker, lambda f: f.serial == stepped).iteration == 3
        worker.submit(Begin("new seed"))
        other = worker.submit(Apply(StartFromSeed(4)))
        assert wait_for(worker, lambda f: f.serial == other).iteration == 0
        undone = worker.submit(Undo())
        assert wait_for(worker, lambda f: f.serial == undone).iteration == 3


def test_clearing_handles_while_running_stops() -> None:
    with running_worker() as worker:
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        worker.submit(SetRunning(True, hold=True))
        wait_for(worker, lambda f: f.iteration >= 1)
        last = worker.submit(Apply(ClearHandles()))
        frame = wait_for(worker, lambda f: f.serial == last and not f.running)
        assert frame.handles == ()


def test_a_picture_that_is_looked_back_at_tells_its_own_seed() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(1))
    session.begin("new seed")
    session.apply(StartFromSeed(2))
    with running_worker(session) as worker:
        assert worker.provenance().seed == 2
        worker.submit(ViewPicture(0))
        wait_for(worker, lambda frame: frame.history is not None and frame.history.viewed == 0)
        assert worker.provenance().seed == 1
        worker.submit(ViewPicture(None))
        wait_for(worker, lambda frame: frame.history is not None and frame.history.viewed is None)
        assert worker.provenance().seed == 2
