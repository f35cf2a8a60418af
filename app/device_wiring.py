"""`DeviceWiring`: what window and worker do for the device of the model that is opened now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from app.device_choice import CudaCalls, Say, cuda_uploader, worker_device
from app.worker_device import WorkerDevice
from render.picture_uploader import PictureUploader


class PictureTaker(Protocol):
    """What the wiring needs of a window."""

    @property
    def takes_device_pictures(self) -> bool:
        """Whether pictures may stay in the GPU's memory."""
        ...

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        """From the next picture on, this takes the pictures."""
        ...


class DeviceWiring:
    """Asked for every model, on the window's thread: sharing memory with OpenGL needs its context.

    The window may have begun on a processor and get a model that fits on the GPU, or the other way round.
    What takes a GPU's pictures takes the host's too, so it stays once it is there.
    """

    def __init__(
        self, window: PictureTaker, opened_for: torch.device, say: Say, calls: CudaCalls | None = None
    ) -> None:
        """opened_for: the device whose pictures the window was opened for. calls: None = CUDA's own."""
        self._window = window
        self._shares_with: set[torch.device] = {opened_for}
        self._say = say
        self._calls = calls

    def wire(self, device: torch.device) -> WorkerDevice:
        """The worker's part for a model on this device; the window's is done."""
        open_uploader = cuda_uploader(device, self._say, self._calls)
        if open_uploader is not None and device not in self._shares_with:
            self._window.use_uploader(open_uploader)
            self._shares_with.add(device)
        return worker_device(device, self._window.takes_device_pictures, self._calls)
