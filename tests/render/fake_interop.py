"""Stand-in for CUDA behind `InteropDriver`: device memory is numpy, a mapped texture is a real GL one.

It holds its user to the rules of CUDA: the test fails where a texture is resized while registered, mapped
twice, or written outside a mapping. Copies are queued, and done at unmap, as a stream may do them.
"""

import ctypes
from dataclasses import dataclass, field

import numpy as np
import torch

from render import gl_api as gl
from render.device_image import DeviceImage, DeviceView
from render.errors import InteropError


class FakeDeviceArray:
    """A numpy array that says it is in a GPU's memory."""

    def __init__(self, values: np.ndarray, device: int = 0) -> None:
        self.values = values
        self.device = device

    @property
    def __cuda_array_interface__(self) -> dict[str, object]:
        return {"shape": self.values.shape, "data": (self.values.ctypes.data, False), "version": 3}


@dataclass(eq=False)
class Registered:
    """A registered texture."""

    name: int
    size: tuple[int, int]
    mapped_on: int | None = None  # stream
    queued: list[DeviceView] = field(default_factory=list[DeviceView])


class FakeInteropDriver:
    """`failing`: names of calls that answer as CUDA would on a lost device, from now on."""

    def __init__(self, gl_devices: tuple[int, ...] = (0,)) -> None:
        self.failing: set[str] = set()
        self.calls: list[str] = []
        self.streams: list[int] = []
        self.alive: list[Registered] = []
        self._gl_devices = gl_devices

    def select_device(self, device: int) -> None:
        self._called("select_device")

    def gl_devices(self) -> tuple[int, ...]:
        self._called("gl_devices")
        return self._gl_devices

    def register_texture(self, texture_name: int) -> object:
        self._called("register_texture")
        assert gl.glIsTexture(texture_name)
        resource = Registered(texture_name, texture_size(texture_name))
        self.alive.append(resource)
        return resource

    def unregister(self, resource: object) -> None:
        registered = self._known(resource)
        assert registered.mapped_on is None, "unregistered while mapped"
        assert texture_size(registered.name) == registered.size, "resized while registered"
        self.alive.remove(registered)
        self._called("unregister")

    def map(self, resource: object, stream: int) -> None:
        registered = self._known(resource)
        self._called("map")
        assert registered.mapped_on is None, "mapped twice"
        assert texture_size(registered.name) == registered.size, "resized while registered"
        registered.mapped_on = stream
        self.streams.append(stream)

    def unmap(self, resource: object, stream: int) -> None:
        registered = self._known(resource)
        assert registered.mapped_on == stream, "unmapped on another stream"
        registered.mapped_on = None
        for source in registered.queued:
            write(registered.name, memory_of(source))
        registered.queued.clear()
        self._called("unmap")

    def mapped_array(self, resource: object) -> object:
        self._called("mapped_array")
        assert self._known(resource).mapped_on is not None, "not mapped"
        return resource

    def copy_rows(self, array: object, source: DeviceView, stream: int) -> None:
        registered = self._known(array)
        assert registered.mapped_on == stream, "copied on another stream, or outside the mapping"
        self._called("copy_rows")
        rows = memory_of(source)
        assert rows.shape == registered.size[::-1], "the texture has another size"
        registered.queued.append(source)  # its owner keeps the memory until then

    def view(self, image: DeviceImage, device: int) -> DeviceView:
        self._called("view")
        array = image.array
        if isinstance(array, torch.Tensor):  # stands for one of the device
            dtype = str(array.dtype).removeprefix("torch.")
            return DeviceView(array.data_ptr(), tuple(array.shape), dtype, array.is_contiguous(), array)
        assert isinstance(array, FakeDeviceArray)
        if array.device != device:
            raise InteropError(f"Device image is on GPU {array.device}, the window is drawn by GPU {device}.")
        values = array.values
        return DeviceView(
            values.ctypes.data, values.shape, str(values.dtype), values.flags.c_contiguous, array
        )

    def _known(self, resource: object) -> Registered:
        assert isinstance(resource, Registered)
        assert resource in self.alive, "not registered"
        return resource

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise InteropError(f"CUDA and OpenGL cannot share memory ({name}: lost): start again.")


def memory_of(source: DeviceView) -> np.ndarray:
    """What lies at the pointer, as rows of the view's width: read when it is used, as a queued copy is."""
    count = int(np.prod(source.shape))
    numbers = (ctypes.c_char * (count * source.item_bytes)).from_address(source.pointer)
    return np.frombuffer(memoryview(numbers), dtype=source.dtype).reshape(-1, source.size[0])


def texture_size(name: int) -> tuple[int, int]:
    """Of level 0, as GL has it now."""
    gl.glBindTexture(gl.GL_TEXTURE_2D, name)
    width, height = (
        int(gl.glGetTexLevelParameteriv(gl.GL_TEXTURE_2D, 0, parameter))
        for parameter in (gl.GL_TEXTURE_WIDTH, gl.GL_TEXTURE_HEIGHT)
    )
    return (width, height)


def write(name: int, rows: np.ndarray) -> None:
    """What the device's copy does, by GL."""
    kind = gl.GL_HALF_FLOAT if rows.dtype == np.float16 else gl.GL_FLOAT
    gl.glBindTexture(gl.GL_TEXTURE_2D, name)
    gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)
    gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
    gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, 0, rows.shape[1], rows.shape[0], gl.GL_RED, kind, rows)
    gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 4)
