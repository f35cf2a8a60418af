"""A drag's first step is recorded before the hand grabs: when, for what, and what it must not change."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from app.drag_run import DragRun
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.step_preparation import REST_S, StepPreparation
from app.window_commands import Apply
from app.worker import DragWorker
from app.worker_frame import Message, WorkerFrame
from gan import drag_session
from gan.execution import make_execution
from gan.generator import Generator
from gan.half_precision import HalfPrecision
from gan.step_runner import CapturedRunner, Graph, StepRunner
from tests.app.awaited_frames import start_drag, take_until
from tests.app.fake_gpu import gpu_device
from tests.app.fake_time import FakeTime
from tests.app.polling import wait_until
from tests.app.tiny import tiny_generator
from tests.gan.played_graphs import PlayedGraphs


class Recorder(PlayedGraphs):
    """Counts the steps that its runner recorded; may be out of memory."""

    def __init__(self) -> None:
        self.is_full = False
        self.refused_count = 0
        self.runners: list[CapturedRunner] = []

    @property
    def step_count(self) -> int:
        return sum(runner.capture_count for runner in self.runners)

    def capture(self, work: Callable[[], None]) -> Graph:
        if self.is_full:
            self.refused_count += 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().capture(work)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Of every session from now on."""
    found = Recorder()

    def on_graphs(generator: Generator, runner: StepRunner | None) -> object:
        found.runners.append(CapturedRunner(found))
        return make_execution(generator, found.runners[-1], found)

    monkeypatch.setattr(drag_session, "make_execution", on_graphs)
    return found


def test_a_grab_finds_its_step_recorded(recorder: Recorder) -> None:
    session = EditSession(tiny_generator())
    before = session.session.snapshot()
    worker = DragWorker(session, device=gpu_device())
    wait_until(lambda: recorder.step_count == 1)
    assert session.session.snapshot() is before, "the edit has changed"
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 2)
    worker.close()
    assert recorder.step_count == 1


def test_prepared_steps_are_the_same(recorder: Recorder) -> None:
    sessions = [EditSession(tiny_generator()) for _ in range(2)]
    sessions[0].prepare_step()
    for session in sessions:
        session.apply(AddHandle(0, (10.0, 10.0), (14.0, 10.0)))
        for _ in range(3):
            session.step()
    assert torch.equal(sessions[0].session.w_plus, sessions[1].session.w_plus)
    assert torch.equal(sessions[0].session.handles, sessions[1].session.handles)
    assert [runner.capture_count for runner in recorder.runners] == [1, 1]


def test_another_picture_is_prepared_anew(recorder: Recorder) -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session, device=gpu_device())
    wait_until(lambda: recorder.step_count == 1)
    worker.submit(Apply(StartFromSeed(5)))
    wait_until(lambda: recorder.step_count == 2)
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 1)
    worker.close()
    assert recorder.step_count == 2


def test_a_device_without_room_for_it_loses_nothing(recorder: Recorder) -> None:
    session = EditSession(tiny_generator())
    session.session.prepare_image()
    recorder.is_full = True
    worker = DragWorker(session, device=gpu_device())
    wait_until(lambda: recorder.refused_count == 1)
    recorder.is_full = False
    last = start_drag(worker)
    heard: list[Message] = []

    def steps(frame: WorkerFrame) -> bool:
        heard.extend(frame.messages)
        return frame.serial == last and frame.iteration >= 1

    take_until(worker, steps)
    worker.close()
    assert heard == []
    assert worker._run.has_full_pictures
    assert recorder.step_count == 1


def test_it_waits_until_nothing_was_asked_for_a_while_and_is_done_once() -> None:
    time, prepared = FakeTime(), list[float]()
    session = SimpleNamespace(prepare_step=lambda: prepared.append(time.now))
    run = SimpleNamespace(session=session, stepper=object(), pace="resting", has_full_pictures=True)
    ahead = StepPreparation(cast(DragRun, run), time.clock)
    for _ in range(5):  # a slider
        time.now += REST_S / 2
        ahead.note_command()
        ahead.do_if_due()
    assert prepared == []
    assert ahead.due_in_s() == pytest.approx(REST_S)
    time.now += 2 * REST_S
    run.pace = "stepping"
    ahead.do_if_due()
    run.pace, run.has_full_pictures = "resting", False
    ahead.do_if_due()
    assert prepared == []
    assert ahead.due_in_s() is None
    run.has_full_pictures = True
    for _ in range(2):
        ahead.do_if_due()
    assert prepared == [time.now]
    assert ahead.due_in_s() is None


def test_nothing_is_prepared_where_steps_are_not_recorded_or_will_have_other_layers(
    recorder: Recorder,
) -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session)  # on a processor
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 1)
    assert worker._ahead.due_in_s() is None
    worker.close()
    halved = EditSession(tiny_generator())
    halved.use_half(HalfPrecision())
    halved.prepare_step()
    assert recorder.runners[-1].capture_count == 0
