"""Steps of a GPU: how many a frame, and what is known of them when; nothing here has a GPU."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.device_stepper import DeviceStepper
from app.session.edit_session import EditSession
from app.session.edits import AddHandle
from app.step_budget import BudgetParams, StepBudget
from gan.drag_params import DragParams
from gan.step_result import HostStepResult, StepResult
from tests.app.tiny import tiny_generator

PARAMS = BudgetParams(budget_ms=16.0, share=0.75, most_steps=4)  # 12 ms for steps and picture


def test_one_step_until_it_is_measured() -> None:
    assert StepBudget(PARAMS).step_count == 1


@pytest.mark.parametrize(
    ("step_ms", "picture_ms", "count"),
    [(1.0, 3.0, 4), (3.0, 3.0, 3), (5.0, 3.0, 1), (40.0, 3.0, 1), (2.0, 30.0, 1), (0.1, 0.0, 4)],
)
def test_as_many_steps_as_fit_beside_the_picture(step_ms: float, picture_ms: float, count: int) -> None:
    budget = StepBudget(PARAMS)
    budget.note_steps(2, 2 * step_ms)
    budget.note_picture(picture_ms)
    assert budget.step_count == count


def test_the_count_follows_the_measured_costs() -> None:
    budget = StepBudget(PARAMS)
    budget.note_steps(1, 1.0)
    assert budget.step_count == 4
    for _ in range(20):
        budget.note_steps(4, 40.0)
    assert budget.step_count == 1


class Gpu:
    """Work is done when the test says so."""

    def __init__(self) -> None:
        self.done = False
        self.elapsed = 4.0


@dataclass
class GpuTimer:
    gpu: Gpu

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return self.gpu.elapsed if self.gpu.done else None


@dataclass
class GpuPending:
    gpu: Gpu
    result: StepResult

    def ready(self) -> bool:
        return self.gpu.done

    def host(self) -> HostStepResult:
        assert self.gpu.done, "it would have waited"
        return self.result.to_host()


def make() -> tuple[DeviceStepper, Gpu, EditSession]:
    gpu = Gpu()
    stepper = DeviceStepper(
        StepBudget(PARAMS),
        start_timer=lambda: GpuTimer(gpu),
        start_result=lambda result: GpuPending(gpu, result),
    )
    session = EditSession(tiny_generator(), params=DragParams(learning_rate=8e-3))
    session.apply(AddHandle(0, (10.0, 10.0), (12.0, 10.0)))
    return stepper, gpu, session


def test_results_are_read_when_the_gpu_is_done_and_never_waited_for() -> None:
    stepper, gpu, session = make()
    stepper.launch(session)
    assert stepper.finished() == []
    assert stepper.in_flight
    gpu.done = True
    (step,) = stepper.finished()
    assert step.result.iteration == 1
    assert step.step_ms == 4.0
    assert not stepper.in_flight
    assert stepper.budget.step_count == 3


def test_at_most_two_frames_are_under_way() -> None:
    stepper, _, session = make()
    stepper.launch(session)
    assert stepper.may_launch
    stepper.launch(session)
    assert not stepper.may_launch


def test_a_result_from_before_the_target_moved_has_not_arrived() -> None:
    stepper, gpu, session = make()
    while not session.step().to_host().done:
        assert session.session.iteration < 500
    stepper.launch(session)
    stepper.note_targets_moved()
    stepper.launch(session)
    gpu.done = True
    assert [step.result.done for step in stepper.finished()] == [False, True]


def test_another_edit_drops_what_is_under_way() -> None:
    stepper, gpu, session = make()
    stepper.launch(session)
    stepper.drop()
    gpu.done = True
    assert stepper.finished() == []
