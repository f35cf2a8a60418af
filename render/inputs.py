"""Checks of what a compositor is given; both compositors refuse the same things with the same words."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from render.compositor import Mask, Picture, Rect
from render.device_image import MAX_PLANE_COUNT, DeviceImage
from render.errors import RenderError
from render.overlays import LAYER_NAMES


def _as_array(value: object) -> NDArray[Any] | None:
    return cast(NDArray[Any], value) if isinstance(value, np.ndarray) else None


def _described(value: object) -> str:
    array = _as_array(value)
    return type(value).__name__ if array is None else f"{array.dtype} array of shape {array.shape}"


def check_picture(picture: object) -> Picture:
    """The picture as contiguous uint8 (H, W, 3), or RenderError."""
    image = DeviceImage.of(picture)
    if image is not None:
        raise RenderError(
            f"Picture is in GPU memory ({type(image.array).__name__}): this display reads pictures in host "
            "memory only; start with --device cpu."
        )
    array = _as_array(picture)
    if array is None or array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise RenderError(f"Picture is a {_described(picture)}: give a uint8 array of shape (H, W, 3).")
    return np.ascontiguousarray(array, dtype=np.uint8)


def check_mask(mask: object) -> Mask:
    """The mask as contiguous uint8 (H, W), or RenderError."""
    array = _as_array(mask)
    if array is None or array.dtype != np.uint8 or array.ndim != 2 or array.size == 0:
        raise RenderError(
            f"Mask is a {_described(mask)}: give a uint8 array of shape (H, W) with 0 unpainted, "
            "1 movable, 2 fixed."
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def check_map(image: object) -> NDArray[np.float16 | np.float32]:
    """A map of numbers as contiguous float16 or float32 (C, H, W), or RenderError."""
    if DeviceImage.of(image) is not None:
        raise RenderError(
            "Map is in GPU memory: this display reads maps in host memory only; start with --device cpu."
        )
    array = _as_array(image)
    planes = array[None] if array is not None and array.ndim == 2 else array
    if (
        planes is None
        or planes.dtype.name not in ("float16", "float32")
        or planes.ndim != 3
        or planes.size == 0
        or len(planes) > MAX_PLANE_COUNT
    ):
        raise RenderError(
            f"Map is a {_described(image)}: give float16 or float32 of shape (C, H, W) with C of 1 to "
            f"{MAX_PLANE_COUNT}, or (H, W)."
        )
    return np.ascontiguousarray(planes)


def check_layer_name(name: str) -> None:
    """RenderError unless there is such a layer."""
    if name not in LAYER_NAMES:
        raise RenderError(f"Layer {name!r}: give one of {', '.join(LAYER_NAMES)}.")


def check_rect(rect: Rect, mask: Mask) -> None:
    """RenderError unless the rect lies in the mask and holds at least one pixel."""
    x0, y0, x1, y1 = rect
    height, width = mask.shape
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise RenderError(
            f"Mask rect {rect}: give x0 < x1 and y0 < y1 inside the mask's {width}x{height} px."
        )


def check_size(width: int, height: int) -> None:
    """RenderError unless the output holds at least one pixel."""
    if width < 1 or height < 1:
        raise RenderError(f"Output size {width}x{height}: give at least 1x1 px.")
