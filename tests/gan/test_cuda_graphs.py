"""Recording on CUDA: what torch leaves undone where CUDA refuses to end a recording."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
import torch

from gan import DragSession
from gan.cuda_graphs import WARM_UP_COUNT, CudaGraphs
from gan.step_runner import CapturedRunner, CaptureRefusedError
from tests.gan.cases import small_generator
from tests.gan.fake_cuda import FakeCuda

POINTS = [(30.0, 33.0)], [(40.0, 30.0)]
REFUSED = [RuntimeError("a value was asked for")] * 2  # it is tried twice


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        torch.AcceleratorError("CUDA error: unspecified launch failure"),
    ],
)
def test_a_device_that_gives_up_in_a_recording_is_no_refused_recording(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """What ends the recording hides why it failed; the fallback has to hear it."""
    cuda = FakeCuda(monkeypatch)
    generator = small_generator(dtype=torch.float32)
    runner = CapturedRunner(CudaGraphs(torch.device("cpu")))
    session = DragSession(generator, generator.sample(0), *POINTS, runner=runner)
    evaluate = session._reader.source.evaluate

    def failing(*given: object) -> object:
        cuda.fail()
        return evaluate(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(session._reader.source, "evaluate", failing)
    cuda.failures.append(failure)
    before = session.snapshot()
    with pytest.raises(type(failure)) as caught:
        session.step()
    assert caught.value is failure
    assert session.snapshot() is before
    session.step()
    assert runner.capture_count == 1


def test_what_cannot_be_recorded_is_refused_there(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda(monkeypatch)
    cuda.failures += REFUSED
    with pytest.raises(CaptureRefusedError, match="previous error during capture"):
        CudaGraphs(torch.device("cpu")).capture(cuda.fail)


def test_a_recording_that_another_thread_has_ended_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda(monkeypatch)
    cuda.failures += REFUSED[:1]
    CudaGraphs(torch.device("cpu")).capture(cuda.fail)
    assert cuda.current is cuda.default
    assert sorted(cuda.uses.values()) == [0, 1]


def test_after_a_refused_recording_the_next_one_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda(monkeypatch)
    graphs = CudaGraphs(torch.device("cpu"))
    cuda.failures += REFUSED
    with pytest.raises(CaptureRefusedError):
        graphs.capture(cuda.fail)
    assert cuda.current is cuda.default, "what is not recorded must run where everything else does"
    assert cuda.recorded_to == []
    assert set(cuda.uses.values()) == {0}, "the memory of what was recorded is nobody's"
    graphs.capture(cuda.fail)
    assert sum(cuda.uses.values()) == 1


def test_a_recording_that_ended_is_not_ended_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch itself refuses leaves the recording whole: torch has ended it, and its graph gives its use
    of the pool back."""
    cuda = FakeCuda(monkeypatch)
    graphs = CudaGraphs(torch.device("cpu"))

    @contextmanager
    def ended(_graph: object, *, pool: object, **_given: object) -> Iterator[None]:
        cuda.uses[pool] = 1
        yield

    works = cycle([True] * WARM_UP_COUNT + [False])

    def copies() -> None:
        if not next(works):
            raise RuntimeError("Cannot copy between CPU and CUDA tensors during CUDA graph capture")

    monkeypatch.setattr(torch.cuda, "graph", ended)
    with pytest.raises(CaptureRefusedError, match="Cannot copy"):
        graphs.capture(copies)
    assert list(cuda.uses.values()) == [1, 1]


def test_what_fails_before_it_is_recorded_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is given to others at once, while the side stream may still write to it."""
    cuda = FakeCuda(monkeypatch)

    def fail() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        CudaGraphs(torch.device("cpu")).capture(fail)
    assert cuda.default.waited_for == cuda.streams


def test_all_is_recorded_on_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda(monkeypatch)
    for _ in range(3):
        CudaGraphs(torch.device("cpu")).capture(lambda: None)
    assert len(cuda.streams) == 1


def test_one_thread_records_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCuda(monkeypatch)
    order: list[str] = []
    other = threading.Thread(
        target=lambda: CudaGraphs(torch.device("cpu")).capture(lambda: order.append("other"))
    )

    def first() -> None:
        if not order:
            other.start()
            other.join(0.2)  # it must not get on meanwhile
        order.append("first")

    CudaGraphs(torch.device("cpu")).capture(first)
    other.join()
    assert order == ["first"] * (WARM_UP_COUNT + 1) + ["other"] * (WARM_UP_COUNT + 1)
