"""What `gan.cuda_graphs` asks of torch.cuda, faked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch


class FakeCuda:
    """As much of torch.cuda as recording asks for; its recordings end as CUDA's do where something failed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[Exception] = []
        self.is_recording = False
        stream = SimpleNamespace(wait_stream=lambda _other: None)
        for name, stand_in in {
            "Stream": lambda _device: stream,
            "graph_pool_handle": lambda: (0, 1),
            "current_stream": lambda _device: stream,
            "stream": lambda _stream: nullcontext(),
            "CUDAGraph": lambda: SimpleNamespace(replay=lambda: None),
            "graph": self.recording,
        }.items():
            monkeypatch.setattr(torch.cuda, name, stand_in)

    @contextmanager
    def recording(self, _graph: object, **_given: object) -> Iterator[None]:
        self.is_recording = True
        try:
            yield
        except RuntimeError:
            error = "CUDA error: operation failed due to a previous error during capture"
            raise torch.AcceleratorError(error)  # noqa: B904
        finally:
            self.is_recording = False

    def fail(self) -> None:
        """Called by the work."""
        if self.is_recording and self.failures:
            raise self.failures.pop()
