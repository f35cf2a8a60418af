"""CUDA graphs behind `GraphBackend`, the picture as a graph, results that reach the host a frame later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from gan.device_faults import fault_behind, fault_of
from gan.step_result import HostStepResult, StepResult
from gan.step_runner import CaptureRefusedError, Graph, GraphBackend

WARM_UP_COUNT = 3  # torch's documentation asks for a few: libraries choose algorithms and allocate workspaces


class CudaGraphs:
    """Records on a side stream of one device. All graphs share a memory pool: they never run at the same
    time, and their temporaries may lie in the same place."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def capture(self, work: Callable[[], None]) -> Graph:
        """See GraphBackend. Raises torch.OutOfMemoryError where the device cannot hold it, and
        torch.AcceleratorError where it is lost."""
        with _one_at_a_time:
            try:
                return self._record(work)
            except CaptureRefusedError:  # another thread may have ended it, that waited for the whole device
                return self._record(work)

    def release(self) -> None:
        """See GraphBackend. A pool keeps its memory while one of its graphs lives: the next ones get
        another."""
        self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.empty_cache()

    def _record(self, work: Callable[[], None]) -> Graph:
        current = torch.cuda.current_stream(self._device)
        side = _side_stream(self._device)
        side.wait_stream(current)
        try:
            with torch.cuda.stream(side):
                for _ in range(WARM_UP_COUNT):
                    work()
        finally:  # where it fails, what it works on is given up, and whoever gets it must come behind it
            current.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # other threads (the window's) may call CUDA while this one records
        mode = "thread_local"
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=side, capture_error_mode=mode):
                work()
        except RuntimeError as error:
            self._leave_recording(current)
            reason = fault_behind(error)
            if reason is not error:
                raise reason from None
            if not is_refused_capture(error):
                raise
            raise CaptureRefusedError(str(error).splitlines()[0]) from error
        return graph

    def _leave_recording(self, current: torch.cuda.Stream) -> None:
        """After one that failed. Where CUDA refuses to end it, torch stays on the side stream, and its
        allocator goes on recording: it would refuse that pool to the next recording, and give no memory back
        that another stream has used."""
        torch.cuda.set_stream(current)
        broken, self._pool = self._pool, torch.cuda.graph_pool_handle()
        index = current.device_index
        with suppress(RuntimeError):  # it has ended after all; there is no public call for this
            torch._C._cuda_endAllocateToPool(index, broken)  # pyright: ignore[reportPrivateUsage]
            torch._C._cuda_releasePool(index, broken)  # pyright: ignore[reportPrivateUsage]


_one_at_a_time = threading.Lock()  # what torch asks of a process that records


@cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """For all that is recorded. Not one for every session: cuBLAS keeps a workspace (32 MB on Hopper) for
    every stream that it was ever used on, and torch has 32 streams to hand out."""
    return torch.cuda.Stream(device)


def is_refused_capture(error: RuntimeError) -> bool:
    """Whether an error of CUDA is about recording as such: neither the device nor its memory is at fault."""
    return fault_of(error) is None and "captur" in str(error).lower()


class CapturedPicture:
    """The full picture as one graph: w_plus in, (3, H, W) out."""

    def __init__(self, backend: GraphBackend, make: Callable[[Tensor], Tensor], w_plus: Tensor) -> None:
        """make: what is recorded, w_plus (num_ws, w_dim) -> (3, H, W). w_plus: any that it takes."""
        self._make = make
        self._w_plus = w_plus.clone()
        self._picture = make(self._w_plus)
        self._graph = backend.capture(self._body)

    def picture(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, H, W), valid until the next call."""
        self._w_plus.copy_(w_plus)
        self._graph.replay()
        return self._picture

    def _body(self) -> None:
        self._picture.copy_(self._make(self._w_plus))


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
        event.record(torch.cuda.current_stream(packed.device))  # of its device, which may not be the first
        return PendingResult(result, host, event)

    def ready(self) -> bool:
        """Whether `host` would not wait."""
        return self.event is None or self.event.query()

    def host(self) -> HostStepResult:
        """The result on the host."""
        if self.event is not None:
            self.event.synchronize()  # sync: none when `ready` was asked first
        return self.result.unpacked(self.packed)
