"""A device that is lost in a step, in a launch of several, or while a result is on its way to the host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from app.device_stepper import DeviceStepper
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.session.replay import replay
from app.step_budget import StepBudget
from app.window_commands import Apply, Begin, SaveSession, SetRunning, UseSession
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.cuda_graphs import PendingResult
from gan.device_fallback import LOST_NOTICE
from gan.step_result import HostStepResult, StepResult
from tests.app.awaited_frames import wait_for
from tests.app.edited_sessions import state_of
from tests.app.fake_gpu import QuickTimer
from tests.app.lost_device import HANDLE, LOST, do, on_processor
from tests.app.said import said
from tests.app.tiny import tiny_generator


class GpuThatIsLost:
    """Its results' copies fail from the one on that the test names."""

    def __init__(self, first: int, error: Exception) -> None:
        self.left = first
        self.error = error

    def start(self, result: StepResult) -> PendingResult:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return PendingResult.start(result)


ERRORS = [LOST, torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("CUDA error: out of memory")]


def drag_until_moved(session: EditSession, stepper: DeviceStepper) -> tuple[EditSession, list[str]]:
    """A drag on a GPU that gives up, until it goes on on the processor, and what was told."""
    told: list[str] = []
    worker = DragWorker(session, device=WorkerDevice(stepper=stepper, reopen_on_cpu=on_processor))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, hold=True))

    def has_moved(frame: WorkerFrame) -> bool:
        told.extend(message.text for message in frame.messages)
        return any("processor" in line for line in told) and frame.iteration >= 8

    wait_for(worker, has_moved)
    worker.close()
    return worker.session, told


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("first", [0, 3])
def test_a_device_that_gives_up_while_a_result_is_copied(error: Exception, first: int) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    gpu = GpuThatIsLost(first, error)
    moved, told = drag_until_moved(session, DeviceStepper(start_timer=QuickTimer, start_result=gpu.start))
    assert moved is not session
    assert len([line for line in told if "processor" in line]) == 1
    assert moved.session.iteration == moved.step_count
    assert state_of(moved) == state_of(replay(moved.document(), tiny_generator()))
    assert moved.document().edits[: len(session.document().edits) - 1] == session.document().edits[:-1]


class LostInALaunch(EditSession):
    """The device is lost in the second of the steps that one frame begins."""

    def step(self) -> StepResult:
        if self.session.iteration == 2:
            raise LOST
        return super().step()


def test_a_device_lost_in_the_second_step_of_a_launch_keeps_the_first() -> None:
    session = LostInALaunch(tiny_generator(), StartFromSeed(3))
    budget = StepBudget()
    stepper = DeviceStepper(budget, start_timer=QuickTimer)
    session.apply(HANDLE)
    session.step()
    budget.note_steps(1, 0.01)
    assert budget.step_count > 1
    with pytest.raises(torch.AcceleratorError):
        stepper.launch(session)
    assert session.session.iteration == 2
    assert [step.result.iteration for step in stepper.finished()] == [2]  # it is heard of
    session = LostInALaunch(tiny_generator(), StartFromSeed(3))
    moved, told = drag_until_moved(session, DeviceStepper(budget, start_timer=QuickTimer))
    assert told == [LOST_NOTICE]
    assert session.session.iteration == 2
    assert state_of(moved) == state_of(replay(moved.document(), tiny_generator()))


@dataclass
class LostPending:
    """A result that never comes."""

    error: Exception

    def ready(self) -> bool:
        return False

    def host(self) -> HostStepResult:
        raise self.error


@pytest.mark.parametrize(("error", "line"), [(LOST, "the device gave up"), (RuntimeError("odd"), "odd")])
def test_with_results_that_never_come_the_session_is_saved_and_left(
    tmp_path: Path, error: Exception, line: str
) -> None:
    session, other = EditSession(tiny_generator(), StartFromSeed(3)), EditSession(tiny_generator())
    stepper = DeviceStepper(start_timer=QuickTimer, start_result=lambda _result: LostPending(error))
    worker = DragWorker(session, device=WorkerDevice(stepper=stepper))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, hold=True))
    wait_for(worker, lambda frame: frame.iteration >= 2)
    frame = do(worker, SaveSession(tmp_path / "a.json"))
    assert "Saved" in said(frame)
    assert load_document(tmp_path / "a.json").edits == session.document().edits
    texts = []
    for _ in range(2):
        worker.submit(SetRunning(False))
        wait_for(worker, lambda f: f.serial == worker.sent_serial and not texts.append(said(f)))
    assert line in texts[0]
    assert texts[1] == ""  # it is not asked again
    do(worker, UseSession(other, WorkerDevice()))
    assert worker._run.session is other
    worker.close()
