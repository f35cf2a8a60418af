"""`InteropDriver`: the few CUDA calls that share a GL texture, and their implementation by the CUDA bindings.

CuPy has no graphics interop: registering, mapping and copying go through `cuda.bindings.runtime`. CuPy does
what it is good at: it wraps any library's array without a copy, whatever stream it is used on. Both are
loaded only here, and only when a driver is opened. Tests put a fake behind the same interface.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

from render.device_image import DeviceImage, DeviceView
from render.errors import InteropError, RenderError

_GL_TEXTURE_2D = 0x0DE1
_MAX_DEVICE_COUNT = 16
_NO_ORDERING = -1  # a DLPack stream: the consumer has seen to it
SAME_GPU_REMEDY = (
    "draw on the GPU that computes; on a hybrid laptop start with "
    "__NV_PRIME_RENDER_OFFLOAD=1 __GLX_VENDOR_LIBRARY_NAME=nvidia"
)
_DRIVER_REMEDY = "update the NVIDIA driver"
_LOST_REMEDY = "start the program again once the GPU answers (nvidia-smi)"
_PACKAGE_REMEDY = "install the CUDA packages: pip install 'livedrag[cuda]'"

# Errors whose cause is not the call itself but the machine; by the names of cudaError_t.
_REMEDIES = {
    "cudaErrorInsufficientDriver": _DRIVER_REMEDY,
    "cudaErrorCallRequiresNewerDriver": _DRIVER_REMEDY,
    "cudaErrorNotSupported": _DRIVER_REMEDY,
    "cudaErrorNoDevice": SAME_GPU_REMEDY,
    "cudaErrorInvalidGraphicsContext": SAME_GPU_REMEDY,
    "cudaErrorOperatingSystem": SAME_GPU_REMEDY,
    "cudaErrorInvalidDevice": SAME_GPU_REMEDY,
}


class InteropDriver(Protocol):
    """What sharing a texture needs of CUDA. Every call on the thread whose GL context is current.

    Every method raises InteropError with one line where CUDA refuses.
    """

    def select_device(self, device: int) -> None:
        """Make this CUDA device the calling thread's current one."""
        ...

    def gl_devices(self) -> tuple[int, ...]:
        """The CUDA devices that draw the current GL context; empty = none of them does."""
        ...

    def register_texture(self, texture_name: int) -> object:
        """Register a GL 2D texture that CUDA will overwrite: the resource of the other calls."""
        ...

    def unregister(self, resource: object) -> None:
        """Give the texture back to GL for good; it may be resized and deleted again."""
        ...

    def map(self, resource: object, stream: int) -> None:
        """Lend the texture to CUDA: work queued on the stream from here on waits for GL's."""
        ...

    def unmap(self, resource: object, stream: int) -> None:
        """Give it back to GL: GL calls from here on wait for the stream's work so far."""
        ...

    def mapped_array(self, resource: object) -> object:
        """The texture's memory; good for one mapping only."""
        ...

    def copy_rows(self, array: object, source: DeviceView, stream: int) -> None:
        """Queue the copy, device to device, of a contiguous view as rows of its width."""
        ...

    def view(self, image: DeviceImage, device: int) -> DeviceView:
        """Where the image lies, without a copy and without waiting for anything but its stream.

        InteropError if it is on another device, RenderError if it cannot be wrapped."""
        ...


@dataclass(frozen=True)
class _StreamHandle:
    """A stream of somebody else as CuPy wants to see one (the CUDA stream protocol)."""

    handle: int

    def __cuda_stream__(self) -> tuple[int, int]:
        return (0, self.handle)


@dataclass(frozen=True)
class _Unordered:
    """An array for DLPack whose producer adds no ordering of its own.

    torch would let our stream wait for the calling thread's current one: for all that was queued there since,
    when the image's stream is ordered behind the image already.
    """

    array: Any

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def __dlpack__(self, *, stream: object = None, **more: Any) -> Any:
        return self.array.__dlpack__(stream=_NO_ORDERING, **more)


class CudaInteropDriver:
    """See `InteropDriver`. Nothing is kept between calls."""

    def __init__(self) -> None:
        """InteropError where the CUDA packages are not installed or cannot be loaded."""
        try:
            self._cuda: Any = importlib.import_module("cuda.bindings.runtime")
            self._cupy: Any = importlib.import_module("cupy")
        except (ImportError, OSError, RuntimeError) as error:
            # The bindings look for the driver when they are imported, and answer RuntimeError without one.
            raise InteropError(
                f"CUDA and OpenGL cannot share memory ({_first_line(error)}): {_PACKAGE_REMEDY}."
            ) from error

    def select_device(self, device: int) -> None:
        """See `InteropDriver`."""
        self._call("cudaSetDevice", device)

    def gl_devices(self) -> tuple[int, ...]:
        """See `InteropDriver`."""
        every = self._cuda.cudaGLDeviceList.cudaGLDeviceListAll
        count, devices = self._call("cudaGLGetDevices", _MAX_DEVICE_COUNT, every)
        return tuple(int(device) for device in devices[: int(count)])

    def register_texture(self, texture_name: int) -> object:
        """See `InteropDriver`."""
        flags = self._cuda.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsWriteDiscard
        return self._call("cudaGraphicsGLRegisterImage", texture_name, _GL_TEXTURE_2D, int(flags))[0]

    def unregister(self, resource: object) -> None:
        """See `InteropDriver`."""
        self._call("cudaGraphicsUnregisterResource", resource)

    def map(self, resource: object, stream: int) -> None:
        """See `InteropDriver`."""
        self._call("cudaGraphicsMapResources", 1, resource, stream)

    def unmap(self, resource: object, stream: int) -> None:
        """See `InteropDriver`."""
        self._call("cudaGraphicsUnmapResources", 1, resource, stream)

    def mapped_array(self, resource: object) -> object:
        """See `InteropDriver`."""
        return self._call("cudaGraphicsSubResourceGetMappedArray", resource, 0, 0)[0]

    def copy_rows(self, array: object, source: DeviceView, stream: int) -> None:
        """See `InteropDriver`."""
        row_bytes = source.size[0] * source.item_bytes
        row_count = source.size[1] * source.plane_count
        kind = self._cuda.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        self._call(
            "cudaMemcpy2DToArrayAsync",
            *(array, 0, 0),  # the texture, from its first texel
            *(source.pointer, row_bytes),  # rows without gaps
            *(row_bytes, row_count),
            *(kind, stream),
        )

    def view(self, image: DeviceImage, device: int) -> DeviceView:
        """See `InteropDriver`."""
        array: Any = image.array
        kind = type(array).__name__
        try:
            with self._cupy.cuda.Stream.from_external(_StreamHandle(image.stream)):
                dlpack = getattr(array, "__dlpack__", None)  # first: the other one hides bfloat16
                wrapped = (
                    self._cupy.asarray(array) if dlpack is None else self._cupy.from_dlpack(_Unordered(array))
                )
        except (BufferError, TypeError, ValueError, NotImplementedError) as error:  # of its kind of array
            raise RenderError(
                f"Device image ({kind}) cannot be read ({_first_line(error)}): give a detached float16 or "
                "float32 array."
            ) from error
        except RuntimeError as error:  # CuPy's for every refusal of CUDA
            raise InteropError(
                f"CUDA and OpenGL cannot share memory ({_first_line(error)}): {_LOST_REMEDY}."
            ) from error
        if int(wrapped.device.id) != device:
            raise InteropError(
                f"Device image ({kind}) is on GPU {int(wrapped.device.id)}, the window is drawn by GPU "
                f"{device}: {SAME_GPU_REMEDY}."
            )
        return DeviceView(
            pointer=int(wrapped.data.ptr),
            shape=tuple(int(length) for length in wrapped.shape),
            dtype=str(wrapped.dtype),
            is_contiguous=bool(wrapped.flags.c_contiguous),
            owner=wrapped,
        )

    def _call(self, name: str, *arguments: object) -> tuple[Any, ...]:
        """What a runtime function answers beside its error code; InteropError if that is not success."""
        code, *answers = getattr(self._cuda, name)(*arguments)
        if int(code) == 0:
            return tuple(answers)
        error_name = str(getattr(code, "name", code))
        remedy = _REMEDIES.get(error_name, _LOST_REMEDY)
        raise InteropError(f"CUDA and OpenGL cannot share memory ({name}: {error_name}): {remedy}.")


def check_same_gpu(driver: InteropDriver, device: int) -> None:
    """InteropError unless the current GL context is drawn by this CUDA device."""
    devices = driver.gl_devices()
    if device not in devices:
        drawn_by = "no CUDA GPU" if not devices else f"CUDA GPU {', '.join(map(str, devices))}"
        raise InteropError(
            f"The window is drawn by {drawn_by}, the model runs on GPU {device}: {SAME_GPU_REMEDY}."
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
