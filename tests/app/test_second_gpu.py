"""A model on a GPU that is not the first: that GPU's work is timed and awaited, not the first one's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from app.device_choice import CudaCalls, worker_device
from app.device_timer import DeviceTimer
from gan import DragSession
from gan.cuda_graphs import PendingResult
from gan.step_result import StepResult
from tests.app.fake_gpu import FakeCopyStream, QuickTimer
from tests.app.tiny import tiny_generator

SECOND = torch.device("cuda:1")


class FakeEvent:
    """torch's, as far as it is asked: without a stream it is recorded on the first GPU's."""

    recorded_on: list[object] = []  # noqa: RUF012

    def __init__(self, **_given: object) -> None:
        pass

    def record(self, stream: object = "of the first") -> None:
        self.recorded_on.append(stream)


@pytest.fixture
def recorded_on(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The streams on which events are recorded."""
    FakeEvent.recorded_on = []
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device=None: f"of {device}")
    return FakeEvent.recorded_on


def test_its_work_is_timed(recorded_on: list[object]) -> None:
    DeviceTimer(SECOND).stop()
    assert recorded_on == ["of cuda:1", "of cuda:1"]


def test_its_worker_times_it(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[torch.device] = []

    def start_timer(device: torch.device) -> QuickTimer:
        timed.append(device)
        return QuickTimer()

    calls = CudaCalls(lambda _device: FakeCopyStream(), start_timer)
    made = worker_device(SECOND, takes_device_pictures=True, calls=calls)
    generator = tiny_generator()
    session = DragSession(generator, generator.sample(0))
    assert made.pictures is not None
    made.pictures.make(session, None)
    assert timed == [SECOND]


class OnSecondGpu(torch.Tensor):
    """In the host's memory, though it says otherwise."""

    is_cuda = True  # type: ignore[assignment]
    device = SECOND  # type: ignore[assignment]


def test_its_results_are_awaited(recorded_on: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    generator = tiny_generator()
    session = DragSession(generator, generator.sample(0), [(3.0, 3.0)], [(5.0, 3.0)])
    result = session.step()
    packed = result.packed()
    monkeypatch.setattr(StepResult, "packed", lambda _self: packed.as_subclass(OnSecondGpu))
    monkeypatch.setattr(torch, "empty", without_pinning(torch.empty))
    PendingResult.start(result)
    assert recorded_on == ["of cuda:1"]


def without_pinning(empty: Callable[..., Any]) -> Callable[..., Any]:
    """Only a machine with a GPU has memory that is locked for it."""

    def make(*size: Any, pin_memory: bool = False, **given: Any) -> Any:
        assert pin_memory
        return empty(*size, **given)

    return make
