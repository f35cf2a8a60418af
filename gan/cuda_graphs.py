"""CUDA graphs behind `GraphBackend`, the picture as a graph, results that reach the host a frame later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.device_faults import fault_behind, fault_of
from gan.generator import Generator
from gan.step_result import HostStepResult, StepResult
from gan.step_runner import CaptureRefusedError, Graph, GraphBackend

WARM_UP_COUNT = 3  # torch's documentation asks for a few: libraries choose algorithms and allocate workspaces


class CudaGraphs:
    """Records on a side stream of one device. All graphs share a memory pool: they never run at the same
    time, and their temporaries may lie in the same place."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def capture(self, work: Callable[[], None]) -> Graph:
        """See GraphBackend. Raises torch.OutOfMemoryError where the device cannot hold it, and
        torch.AcceleratorError where it is lost."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            for _ in range(WARM_UP_COUNT):
                work()
        current.wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        # other threads (the window's) may call CUDA while this one records
        mode = "thread_local"
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode=mode):
                work()
        except RuntimeError as error:
            reason = fault_behind(error)
            if reason is not error:
                raise reason from None
            if not is_refused_capture(error):
                raise
            raise CaptureRefusedError(str(error).splitlines()[0]) from error
        return graph

    def release(self) -> None:
        """See GraphBackend. A pool keeps its memory while one of its graphs lives: the next ones get
        another."""
        self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.empty_cache()


def is_refused_capture(error: RuntimeError) -> bool:
    """Whether an error of CUDA is about recording as such: neither the device nor its memory is at fault."""
    return fault_of(error) is None and "captur" in str(error).lower()


class CapturedPicture:
    """The full picture as one graph: w_plus in, (3, H, W) out."""

    def __init__(self, backend: GraphBackend, generator: Generator) -> None:
        self._generator = generator
        self._w_plus = generator.synthesis.const.new_zeros(generator.num_ws, generator.architecture.w_dim)
        self._picture = generator.image(self._w_plus)
        self._graph = backend.capture(self._body)

    def picture(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, H, W), valid until the next call."""
        self._w_plus.copy_(w_plus)
        self._graph.replay()
        return self._picture

    def _body(self) -> None:
        self._picture.copy_(self._generator.image(self._w_plus))


@dataclass
class PendingResult:
    """A StepResult on its way to the host. `ready` is asked a frame later and never waits."""

    result: StepResult
    packed: Tensor  # on the host
    event: torch.cuda.Event | None

    @staticmethod
    def start(result: StepResult) -> PendingResult:
        """Begins the copy, asynchronously on a GPU: into page-locked memory, with an event behind it."""
        packed = result.packed()
        if not packed.is_cuda:
            return PendingResult(result, packed, None)
        host = torch.empty(packed.shape, dtype=packed.dtype, pin_memory=True)
        host.copy_(packed, non_blocking=True)
        event = torch.cuda.Event()
        event.record()
        return PendingResult(result, host, event)

    def ready(self) -> bool:
        """Whether `host` would not wait."""
        return self.event is None or self.event.query()

    def host(self) -> HostStepResult:
        """The result on the host."""
        if self.event is not None:
            self.event.synchronize()  # sync: none when `ready` was asked first
        return self.result.unpacked(self.packed)
