"""`DeviceImage`: an image in a GPU's memory with the stream that makes it; `DeviceView`: where it lies there.

Also the checks of what such an image must be. No CUDA call and no CuPy is needed for either.
"""

from dataclasses import dataclass
from typing import Literal

from render.device_array import is_device_array
from render.errors import RenderError

MAX_PLANE_COUNT = 4
TexelFormat = Literal["r16f", "r32f"]
_FORMATS: dict[str, TexelFormat] = {"float16": "r16f", "float32": "r32f"}


@dataclass(frozen=True)
class DeviceImage:
    """Planes on a device: a picture (3, H, W), a heat map (H, W), or up to 4 planes of a feature map.

    array: contiguous float16 or float32, speaking `__cuda_array_interface__` or DLPack.
    stream: handle of the CUDA stream on which the copy is queued: the one on which the array is written, or
        one that waits for that. Nothing else is waited for. 0 = the legacy default stream. The array's memory
        must stay until the stream has passed the copy: allocated on this stream (as torch does by itself),
        or kept.
    """

    array: object
    stream: int = 0

    @classmethod
    def of(cls, value: object) -> "DeviceImage | None":
        """The value as a device image; a bare device array is on the default stream. None for host arrays."""
        if isinstance(value, DeviceImage):
            return value
        return cls(value) if is_device_array(value) else None


@dataclass(frozen=True)
class DeviceView:
    """An array's memory on its device. `owner` keeps that memory while the view lives."""

    pointer: int
    shape: tuple[int, ...]
    dtype: str  # numpy's name
    is_contiguous: bool
    owner: object

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of one plane."""
        return (self.shape[-1], self.shape[-2])

    @property
    def plane_count(self) -> int:
        """1 for (H, W)."""
        return self.shape[0] if len(self.shape) == 3 else 1

    @property
    def texel_format(self) -> TexelFormat:
        """The one-channel texture format that holds its numbers bit for bit."""
        return _FORMATS[self.dtype]

    @property
    def item_bytes(self) -> int:
        """Bytes of one number."""
        return 2 if self.dtype == "float16" else 4


def check_view(view: DeviceView, plane_count: int | None = None) -> DeviceView:
    """The view, or RenderError unless it can be copied into a texture as it is.

    Args:
        view: of shape (C, H, W) or (H, W), C of 1 to 4.
        plane_count: the only C that will do; None = any.
    """
    allowed = "(3, H, W)" if plane_count == 3 else f"(C, H, W) with C of 1 to {MAX_PLANE_COUNT}, or (H, W)"
    given = f"Device image is a {view.dtype} array of shape {view.shape}"
    if len(view.shape) not in (2, 3) or 0 in view.shape or view.plane_count > MAX_PLANE_COUNT:
        raise RenderError(f"{given}: give shape {allowed}.")
    if plane_count is not None and view.plane_count != plane_count:
        raise RenderError(f"{given}: give shape {allowed}.")
    if view.dtype not in _FORMATS:
        raise RenderError(f"{given}: give {' or '.join(_FORMATS)}, for a picture in -1..1.")
    if not view.is_contiguous:
        raise RenderError(f"{given} that is not contiguous: call .contiguous() on it first.")
    return view
