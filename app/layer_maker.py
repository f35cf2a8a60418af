"""`LayerMaker`: brings what overlays show from the worker's tensors to where the display takes it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from app.copy_stream import CopyStream
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
    """In the GPU's memory. Each is new; the window's copy waits for it, and its memory for the copy."""

    def __init__(self, stream: CopyStream) -> None:
        """stream: for the window's copies."""
        self._stream = stream

    def picture(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        return self.map(tensor)

    def map(self, tensor: Tensor) -> object:
        """See `LayerMaker`."""
        made = torch.empty_like(tensor, dtype=torch.float16, memory_format=torch.contiguous_format)
        made.copy_(tensor)  # its own memory, also where the tensor is such a one already
        self._stream.hold(made)
        self._stream.follow()
        return DeviceImage(made, self._stream.handle)
