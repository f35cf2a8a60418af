"""The streams of the window's copies, as torch hands them out."""

from __future__ import annotations

from itertools import count

import pytest
import torch

from app.copy_stream import DeviceCopyStream
from gan.cuda_graphs import CudaGraphs
from tests.gan.fake_cuda import FakeCuda, FakeStream

POOL_SIZE = 32
CUDA = torch.device("cuda")


class StreamsInTurn:
    """torch.cuda.Stream: one of a pool's, in turn; a pool for each priority."""

    def __init__(self) -> None:
        self.asked: dict[int, count[int]] = {}
        self.handed_out: list[int] = []

    def __call__(self, _device: object, priority: int = 0) -> FakeStream:
        number = next(self.asked.setdefault(priority, count())) % POOL_SIZE
        handle = 1000 * -priority + number
        made = FakeStream(handle=handle)
        self.handed_out.append(handle)
        return made


def test_no_copy_is_queued_where_steps_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many models were opened: each has three streams for copies."""
    FakeCuda(monkeypatch)
    streams = StreamsInTurn()
    monkeypatch.setattr(torch.cuda, "Stream", streams)
    CudaGraphs(CUDA).capture(lambda: None)
    (recorded_on,) = streams.handed_out
    copied_on = {DeviceCopyStream(CUDA).handle for _ in range(2 * POOL_SIZE)}
    assert recorded_on not in copied_on
