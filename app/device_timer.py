"""`DeviceTimer`: what queued work costs the GPU, read later and never waited for."""

from __future__ import annotations

from typing import Protocol

import torch


class Timer(Protocol):
    """Runs from its making to `stop`."""

    def stop(self) -> None:
        """The work is queued."""
        ...

    def elapsed_ms(self) -> float | None:
        """What it cost; None = it is not done yet."""
        ...


class DeviceTimer:
    """Two CUDA events on the device's current stream."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._begin = torch.cuda.Event(enable_timing=True)
        self._end = torch.cuda.Event(enable_timing=True)
        self._record(self._begin)

    def stop(self) -> None:
        """See `Timer`."""
        self._record(self._end)

    def elapsed_ms(self) -> float | None:
        """See `Timer`."""
        return self._begin.elapsed_time(self._end) if self._end.query() else None

    def _record(self, event: torch.cuda.Event) -> None:
        # by itself it would take the stream of the first device, whichever computes
        event.record(torch.cuda.current_stream(self._device))
