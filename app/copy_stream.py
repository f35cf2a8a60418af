"""`CopyStream`: where the window copies what the worker makes; events tie the two.

torch queues what no stream was chosen for on the device's default stream, in every thread: the worker's steps
and pictures, and what the window asks of torch (`app.device_pictures.host_copy`). A copy into a texture
waits for OpenGL: there it would hold up the steps behind it, and queue behind those that were started since.
So such copies go to a stream of their own. Neither thread waits: events order the two streams.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

COPY_PRIORITY = -1  # before steps and pictures: a copy is short, and somebody waits to see it


class CopyStream(Protocol):
    """Called by the worker's thread."""

    @property
    def handle(self) -> int:
        """What CUDA calls it: the window queues its copies there."""
        ...

    def hold(self, pixels: Tensor) -> None:
        """This memory is read here: where it is given up, nobody gets it before the copies are done."""
        ...

    def follow(self) -> None:
        """Copies queued from now on wait for what the default stream has been given so far."""
        ...

    def precede(self) -> None:
        """What the default stream is given from now on waits for the copies queued so far."""
        ...


class DeviceCopyStream:
    """See `CopyStream`: a CUDA stream of its own, opened with the first picture."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    @cached_property
    def _stream(self) -> torch.cuda.Stream:
        # torch hands out 32 streams of each priority, in turn: among those of the other one is the one that
        # steps are recorded on, where a copy would end the recording
        return torch.cuda.Stream(self._device, priority=COPY_PRIORITY)

    @property
    def handle(self) -> int:
        """See `CopyStream`."""
        return int(self._stream.cuda_stream)

    def hold(self, pixels: Tensor) -> None:
        """See `CopyStream`."""
        pixels.record_stream(self._stream)

    def follow(self) -> None:
        """See `CopyStream`."""
        self._stream.wait_stream(torch.cuda.current_stream(self._device))

    def precede(self) -> None:
        """See `CopyStream`."""
        torch.cuda.current_stream(self._device).wait_stream(self._stream)
