"""`DeviceStepper`: starts a frame's drag steps on the GPU without waiting, and reads them a frame later."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from app.device_timer import Timer
from app.session.edit_session import EditSession
from app.step_budget import StepBudget
from gan.cuda_graphs import PendingResult
from gan.step_result import HostStepResult, StepResult

IN_FLIGHT_LIMIT = 2  # frames: more would only be a longer way from the hand to the picture


class Pending(Protocol):
    """A result on its way to the host: `gan.cuda_graphs.PendingResult`."""

    def ready(self) -> bool:
        """Whether `host` would not wait."""
        ...

    def host(self) -> HostStepResult:
        """The result."""
        ...


@dataclass(frozen=True)
class FinishedStep:
    """step_ms: its share of what the frame's steps took."""

    result: HostStepResult
    step_ms: float


@dataclass
class _Launch:
    pending: list[Pending]
    timer: Timer
    is_outdated: bool = False  # a target has moved since


class DeviceStepper:
    """Used by the drag worker's thread, once a frame."""

    def __init__(
        self,
        budget: StepBudget | None = None,
        *,
        start_timer: Callable[[], Timer],
        start_result: Callable[[StepResult], Pending] = PendingResult.start,
    ) -> None:
        """start_timer: of work that is queued on the session's device. start_result: tests give one that
        needs no GPU."""
        self.budget = budget or StepBudget()
        self._start_timer = start_timer
        self._start_result = start_result
        self._launches: deque[_Launch] = deque()

    @property
    def in_flight(self) -> bool:
        """Whether results are still to come."""
        return bool(self._launches)

    @property
    def may_launch(self) -> bool:
        """Whether the GPU has little enough to do."""
        return len(self._launches) < IN_FLIGHT_LIMIT

    def launch(self, session: EditSession) -> None:
        """Starts this frame's steps."""
        timer = self._start_timer()
        launch = _Launch([], timer)
        try:
            for _ in range(self.budget.step_count):
                launch.pending.append(self._start_result(session.step()))
        finally:
            if launch.pending:  # also where a later one fails: their outcomes are to be heard
                self._launches.append(launch)
                timer.stop()

    def finished(self, wait: bool = False) -> list[FinishedStep]:
        """The steps that are done by now, oldest first; wait: all of them. Where a target has moved since,
        none has arrived."""
        done: list[FinishedStep] = []
        while self._launches:
            launch = self._launches[0]
            elapsed_ms = launch.timer.elapsed_ms()
            is_done = elapsed_ms is not None and all(pending.ready() for pending in launch.pending)
            if not (is_done or wait):
                break
            results = [pending.host() for pending in launch.pending]  # sync: none, or the caller's wish
            self._launches.popleft()
            if elapsed_ms is not None:
                self.budget.note_steps(len(results), elapsed_ms)
            for result in results:
                result = replace(result, done=result.done and not launch.is_outdated)
                done.append(FinishedStep(result, (elapsed_ms or 0.0) / len(results)))
        return done

    def note_targets_moved(self) -> None:
        """What is in flight does not know where the targets are now."""
        for launch in self._launches:
            launch.is_outdated = True

    def drop(self) -> None:
        """The edit is another one: what is in flight says nothing about it."""
        self._launches.clear()
