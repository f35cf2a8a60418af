"""The pointwise work of rendering, as functions of flat tensors that torch.compile can fuse, or run plainly.

A table is an Anatomy or a Look stacked to (fields, 1) for one picture, or (fields, M) for one row per ray.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan.critters import shading
from gan.critters.anatomy import Anatomy
from gan.critters.body import parts, surface
from gan.critters.look import Look

SKY_TAPS = ((0.08, 0.55), (0.22, 0.32), (0.5, 0.16))  # (distance, weight) along the normal
SHADOW_TAPS = tuple(0.06 * 1.65**i for i in range(6))  # distances towards the light
SHADOW_SOFTNESS = 2.6  # lower is softer
_TILT = 2**0.5
# a regular tetrahedron that is its own mirror image: so are the normals that it finds, and the pictures
NORMAL_TAPS = ((_TILT, 0.0, -1.0), (-_TILT, 0.0, -1.0), (0.0, _TILT, 1.0), (0.0, -_TILT, 1.0))

Shaded = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Kernels:
    """distance and colour, plain or compiled."""

    distance: Callable[..., Tensor]
    colour: Callable[..., Shaded]


def make_kernels(compiled: bool, may_fall_back: bool = False) -> Kernels:
    """The kernels; compiled: fused by torch.compile, which takes some minutes once a machine.

    may_fall_back: run them plainly where compiling fails, instead of raising what torch raised.
    """
    if not compiled:
        return Kernels(distance, colour)
    return Kernels(_fused(distance, may_fall_back), _fused(colour, may_fall_back))


def _fused(function: Callable[..., Any], may_fall_back: bool) -> Callable[..., Any]:
    """The function compiled, at its first call."""
    fused: Any = torch.compile(function, dynamic=True)  # pyright: ignore

    def call(*tensors: Tensor) -> Any:
        nonlocal fused
        try:
            return fused(*tensors)
        except RuntimeError as error:  # what torch's compilers raise, by many subclasses
            if not may_fall_back or fused is function:
                raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            warnings.warn(f"critters are rendered unfused, several times slower: {reason}", stacklevel=2)
            fused = function
            return function(*tensors)

    return call


def can_compile(device: torch.device) -> bool:
    """Whether torch.compile has what it needs here: a C++ compiler, or Triton on a GPU."""
    if device.type == "cuda":
        try:
            import triton  # noqa: F401  # pyright: ignore
        except ImportError:
            return False
        return True
    return device.type == "cpu" and any(shutil.which(name) for name in ("g++", "clang++", "c++"))


def distance(x: Tensor, y: Tensor, z: Tensor, table: Tensor) -> Tensor:
    """Distance to the critter, (M,)."""
    return surface(parts(x, y, z, Anatomy(*table.unbind(0))))


def colour(
    points: Tensor, normals: Tensor, rays: Tensor, sky: Tensor, unshadowed: Tensor, pixel: Tensor,
    anatomy: Tensor, look: Tensor,
) -> Shaded:  # fmt: skip
    """Linear colour of surface points; points, normals and rays are (3, M)."""
    return shading.shade(
        (points[0], points[1], points[2]),
        (normals[0], normals[1], normals[2]),
        (rays[0], rays[1], rays[2]),
        sky,
        unshadowed,
        pixel,
        Anatomy(*anatomy.unbind(0)),
        Look(*look.unbind(0)),
    )
