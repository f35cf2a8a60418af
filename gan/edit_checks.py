"""Checks of what comes into a drag session from outside: points, masks, latents. All raise EditError."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.errors import EditError
from gan.generator import Generator

Point = Sequence[float]  # (x, y) in pixels
FURTHEST_PX = 1e6  # from the picture's first pixel, along an axis


def check_handle(point: Point, generator: Generator) -> tuple[float, float]:
    """A finite point on the picture (-0.5 .. W - 0.5, likewise H), moved onto the outermost pixel centres."""
    x, y = _check_point(point, "handle")
    right, bottom = generator.width - 1, generator.height - 1
    if not (-0.5 <= x <= right + 0.5 and -0.5 <= y <= bottom + 0.5):
        allowed = (
            f"0 to {right} in x and in y" if right == bottom else f"0 to {right} in x, 0 to {bottom} in y"
        )
        raise EditError(f"handle ({x:g}, {y:g}) is outside the picture; allowed are {allowed}")
    return min(max(x, 0.0), float(right)), min(max(y, 0.0), float(bottom))


def check_target(point: Point) -> tuple[float, float]:
    """Any point within FURTHEST_PX: a target may leave the picture while it is dragged."""
    return _check_point(point, "target")


def check_mask(mask: NDArray[np.bool_] | Tensor, generator: Generator) -> Tensor:
    """A mask (H, W) of the picture's size and of booleans, on the device, as a copy."""
    tensor = torch.as_tensor(mask)
    if tensor.dtype != torch.bool:
        raise EditError(f"the mask holds {tensor.dtype}; give booleans, True where the picture may move")
    needed = (generator.height, generator.width)
    if tuple(tensor.shape) != needed:
        raise EditError(f"the mask has shape {tuple(tensor.shape)}; the picture needs {needed}")
    return tensor.to(device=generator.device, copy=True)


def check_latent(w_plus: Tensor, generator: Generator) -> Tensor:
    """A finite latent (num_ws, w_dim), on the generator's device in its precision, as a copy."""
    expected = (generator.num_ws, generator.architecture.w_dim)
    if tuple(w_plus.shape) != expected:
        raise EditError(f"the latent has shape {tuple(w_plus.shape)}; this generator needs {expected}")
    own = w_plus.detach().to(device=generator.device, dtype=generator.dtype, copy=True)
    if not bool(own.isfinite().all()):  # sync: a latent is set rarely, and a bad one must not get in
        raise EditError("the latent holds values that are not finite; start from a seed or an earlier latent")
    return own


def check_feature_resolution(resolution: int | None, generator: Generator) -> int:
    """The resolution of the block to drag on; None = the generator's default."""
    allowed = generator.architecture.block_resolutions
    if resolution is None:
        return generator.architecture.default_feature_resolution
    if resolution not in allowed:
        raise EditError(f"feature_resolution is {resolution}; this generator has blocks of {allowed}")
    return resolution


def _check_point(point: Point, what: str) -> tuple[float, float]:
    values = [float(v) for v in point]
    if len(values) != 2 or not all(math.isfinite(v) for v in values):
        raise EditError(f"{what} {tuple(values)} is not a point; give two finite numbers x, y in pixels")
    if max(abs(v) for v in values) > FURTHEST_PX:  # squared, it must still be a number of 32 bits
        raise EditError(
            f"{what} ({values[0]:g}, {values[1]:g}) is too far away; allowed are {-FURTHEST_PX:g} to "
            f"{FURTHEST_PX:g}"
        )
    return values[0], values[1]
