"""Checks of what a compositor is given; both compositors refuse the same things with the same words."""

import numpy as np

from render.compositor import Mask, Picture, Rect
from render.device_array import is_device_array
from render.errors import RenderError


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of shape {tuple(value.shape)}"
    return type(value).__name__


def check_picture(picture: object) -> Picture:
    """The picture as contiguous uint8 (H, W, 3), or RenderError."""
    if is_device_array(picture):
        raise RenderError(
            f"Picture is in GPU memory ({type(picture).__name__}): this display reads pictures in host memory only; "
            "start with --device cpu."
        )
    if (
        not isinstance(picture, np.ndarray)
        or picture.dtype != np.uint8
        or picture.ndim != 3
        or picture.shape[2] != 3
        or 0 in picture.shape
    ):
        raise RenderError(f"Picture is a {_described(picture)}: give a uint8 array of shape (H, W, 3).")
    return np.ascontiguousarray(picture, dtype=np.uint8)


def check_mask(mask: object) -> Mask:
    """The mask as contiguous uint8 (H, W), or RenderError."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.uint8 or mask.ndim != 2 or 0 in mask.shape:
        raise RenderError(
            f"Mask is a {_described(mask)}: give a uint8 array of shape (H, W) with 0 unpainted, 1 movable, 2 fixed."
        )
    return np.ascontiguousarray(mask, dtype=np.uint8)


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
