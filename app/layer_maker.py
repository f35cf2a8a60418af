"""`LayerMaker`: brings what overlays show from the worker's tensors to where the display takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from gan.generator import to_uint8
from render.device_image import DeviceImage


class LayerMaker(Protocol):
    """Brings tensors to where the window's display takes them."""

    def picture(self, tensor: Tensor) -> object:
        """(3, H, W) in -1..1."""
        ...

    def map(self, tensor: Tensor) -> object:
        """(C, h, w)."""
        ...


class HostLayers:
    """In the host's memory."""

    def picture(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        return to_uint8(tensor).cpu().numpy()  # sync: in the worker; the window does not wait for it

    def map(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        return tensor.half().contiguous().cpu().numpy()  # sync: as above


class DeviceLayers:
    """In the GPU's memory, where the window's copy is queued behind the work that makes them. Each is new:
    its memory was taken on that stream, which reuses it only for what is queued behind the copy."""

    def __init__(self, current_stream: Callable[[], int]) -> None:
        """current_stream: handle of the stream that the caller's work goes to."""
        self._current_stream = current_stream

    def picture(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        return self.map(tensor)

    def map(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        return DeviceImage(tensor.half().contiguous(), self._current_stream())
