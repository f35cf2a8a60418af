"""Recording on a real GPU: what is refused leaves nothing behind, and other threads may go on meanwhile."""

from __future__ import annotations

import threading

import pytest
import torch

from gan import DragSession, load_generator
from gan.cuda_graphs import CudaGraphs
from gan.devices import enter
from gan.step_runner import CapturedRunner, CaptureRefusedError

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none"),
]
DEVICE = torch.device("cuda")


def test_after_a_refused_recording_everything_is_as_it_was() -> None:
    graphs = CudaGraphs(DEVICE)
    before = torch.cuda.current_stream()
    with pytest.raises(CaptureRefusedError):
        graphs.capture(waiting)
    assert torch.cuda.current_stream() == before
    numbers = torch.ones(4, device=DEVICE)

    def add() -> None:
        numbers.add_(1)

    graph = graphs.capture(add)
    numbers.zero_()
    graph.replay()
    assert numbers.tolist() == [1, 1, 1, 1]


def test_after_a_refused_recording_memory_that_two_streams_have_used_comes_back() -> None:
    with pytest.raises(CaptureRefusedError):
        CudaGraphs(DEVICE).capture(waiting)
    before = active_bytes()
    other = torch.cuda.Stream()
    for _ in range(10):
        used = torch.empty(1 << 20, device=DEVICE)
        used.record_stream(other)
        del used
    torch.cuda.synchronize()
    torch.empty(1, device=DEVICE)  # the allocator looks at what has ended whenever it is asked for more
    assert active_bytes() - before < 1 << 20


def test_other_threads_compute_while_one_records() -> None:
    generator = load_generator(device="cuda")
    w_plus, width = generator.sample(1), generator.width
    handle, target = (0.23 * width, 0.26 * width), (0.31 * width, 0.23 * width)
    expected = generator.image(w_plus).cpu()
    enough = threading.Event()
    failures: list[Exception] = []
    count = 0

    def compute() -> None:
        nonlocal count
        enter(generator.device)  # as the program's threads do
        try:
            while not enough.is_set():
                torch.testing.assert_close(generator.image(w_plus).cpu(), expected, rtol=1e-4, atol=1e-4)
                count += 1
        except (RuntimeError, AssertionError) as error:
            failures.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        for seed in range(5):
            runner = CapturedRunner(CudaGraphs(DEVICE))
            session = DragSession(generator, generator.sample(seed), [handle], [target], runner=runner)
            assert session.step().to_host().finite
            assert runner.capture_count == 1, "a thread beside it has ended a recording"
    finally:
        enough.set()
        thread.join()
    assert failures == []
    assert count > 0


def test_a_step_that_was_recorded_ahead_is_the_same() -> None:
    generator = load_generator(device="cuda")
    latents: list[torch.Tensor] = []
    for is_ahead in (False, True):
        runner = CapturedRunner(CudaGraphs(DEVICE))
        session = DragSession(generator, generator.sample(3), runner=runner)
        if is_ahead:
            session.prepare_step()
            assert runner.capture_count == 1
        session.add_handle((30, 33), (40, 30))
        for _ in range(3):
            assert session.step().to_host().finite
        assert runner.capture_count == 1
        latents.append(session.w_plus)
    torch.testing.assert_close(latents[0], latents[1])


def waiting() -> None:
    """What cannot be recorded."""
    torch.ones(4, device=DEVICE).sum().item()


def active_bytes() -> int:
    """Of the device's memory, in use or waiting for a stream that has used it."""
    return torch.cuda.memory_stats()["active_bytes.all.current"]
