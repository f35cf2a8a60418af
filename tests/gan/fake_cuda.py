"""torch.cuda for what records graphs, on a machine without a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace

import pytest
import torch

from gan import cuda_graphs


class FakeStream:
    """Notes which streams it was made to wait for."""

    device_index = 0

    def __init__(self, handle: int = 0) -> None:
        self.cuda_stream = handle
        self.waited_for: list[FakeStream] = []

    def wait_stream(self, other: FakeStream) -> None:
        self.waited_for.append(other)


class FakeCuda:
    """As much of torch.cuda as recording asks for. Where something fails in a recording, CUDA refuses to end
    it, and torch's own ending stops there: on the side stream, the allocator still recording to the pool."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[Exception] = []
        self.is_recording = False
        self.streams: list[FakeStream] = []
        self.default = self.current = FakeStream()
        self.pool_count = 0
        self.recorded_to: list[object] = []  # pools that the allocator has not been told to leave
        self.uses: dict[object, int] = {}  # of pools, by recordings
        for name, stand_in in {
            "Stream": self.make_stream,
            "graph_pool_handle": self.make_pool,
            "current_stream": lambda _device: self.current,
            "set_stream": self.set_stream,
            "stream": self.on_stream,
            "CUDAGraph": lambda: SimpleNamespace(replay=lambda: None),
            "graph": self.recording,
        }.items():
            monkeypatch.setattr(torch.cuda, name, stand_in)
        monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", self.end_allocating, raising=False)
        monkeypatch.setattr(torch._C, "_cuda_releasePool", self.release_pool, raising=False)
        fresh = cache(cuda_graphs._side_stream.__wrapped__)
        monkeypatch.setattr(cuda_graphs, "_side_stream", fresh)  # and no stream of this one is kept

    def make_stream(self, _device: object) -> FakeStream:
        self.streams.append(FakeStream())
        return self.streams[-1]

    def make_pool(self) -> object:
        self.pool_count += 1
        return (0, self.pool_count)

    def set_stream(self, stream: FakeStream) -> None:
        self.current = stream

    @contextmanager
    def on_stream(self, stream: FakeStream) -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def recording(
        self, _graph: object, *, pool: object, stream: FakeStream, **_given: object
    ) -> Iterator[None]:
        if pool in self.recorded_to:
            raise RuntimeError("beginAllocateToPool: already recording to mempool_id")
        before, self.current = self.current, stream
        self.recorded_to.append(pool)
        self.uses[pool] = self.uses.get(pool, 0) + 1
        self.is_recording = True
        try:
            yield
        except RuntimeError:
            error = "CUDA error: operation failed due to a previous error during capture"
            raise torch.AcceleratorError(error)  # noqa: B904
        finally:
            self.is_recording = False
        self.recorded_to.remove(pool)
        self.current = before

    def end_allocating(self, _device: int, pool: object) -> None:
        if pool not in self.recorded_to:
            raise RuntimeError("endAllocatePool: not currently recording to mempool_id")
        self.recorded_to.remove(pool)

    def release_pool(self, _device: int, pool: object) -> None:
        self.uses[pool] -= 1

    def fail(self) -> None:
        """Called by the work."""
        if self.is_recording and self.failures:
            raise self.failures.pop()
