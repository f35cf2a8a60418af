"""Where a warped picture takes its pixels from: the displacement field of `Scene.warps`. Pure numpy, no GL.

Both compositors use it, shaders/warp.frag evaluates the same formula. With the new places `to_i`, moves d_i
and radii R_i (image px), a picture point p shows what lay at p - D(p):

    w_i(p) = max(1 - |p - to_i|^2 / R_i^2, 0)^3          1 at the handle, 0 beyond the radius, C2 everywhere
    u_i(p) = w_i / (1 - w_i + eps)                       without bound at the handle: each handle gets its own
    D(p)   = sum_i u_i w_i d_i / sum_i u_i               one handle alone: w d

|grad w| is at most 1.72 / R, so that p - D(p) cannot fold while |d| <= R / 2. Where handles overlap that
bound does not hold; the stricter limits below were found by sampling random constellations, and a test holds
them.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.compositor import Rect
from render.scene import Warp

Array = NDArray[np.floating[Any]]

MAX_WARP_COUNT = 32  # the length of the arrays in shaders/warp.frag
_ALONE_LIMIT = 0.5  # of the radius: longest move of a handle that overlaps no other
_TOGETHER_LIMIT = 0.3  # of the smaller radius: of one that does
_PARTING_LIMIT = 0.3  # of the distance of two overlapping handles: how much their moves may differ
_EPSILON = 1e-5


@dataclass(frozen=True)
class WarpField:
    """Warps as arrays, with moves that cannot fold the picture. All in image px."""

    to: Array  # (N, 2) places after the move
    moves: Array  # (N, 2)
    radii: Array  # (N,)

    @classmethod
    def of(cls, warps: tuple[Warp, ...]) -> "WarpField":
        """The field of at most 32 warps (those that move farthest); too long moves are shortened."""
        farthest = sorted(warps, key=lambda warp: -math.dist(warp.from_px, warp.to_px))[:MAX_WARP_COUNT]
        start = np.array([warp.from_px for warp in farthest], np.float64).reshape(-1, 2)
        moves = np.array([warp.to_px for warp in farthest], np.float64).reshape(-1, 2) - start
        radii = np.array([warp.radius_px for warp in farthest], np.float64)
        moves = _without_folds(start, moves, radii)
        return cls(start + moves, moves, radii)

    def displacement(self, x: Array, y: Array) -> tuple[Array, Array]:
        """D at the points (x, y): arrays of one shape in, two of that shape out."""
        sum_x, sum_y, total = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
        for (to_x, to_y), (move_x, move_y), radius in zip(self.to, self.moves, self.radii, strict=True):
            squared = ((x - to_x) ** 2 + (y - to_y) ** 2) / radius**2
            weight = np.clip(1 - squared, 0, None) ** 3
            share = weight / (1 - weight + _EPSILON)
            sum_x += share * weight * move_x
            sum_y += share * weight * move_y
            total += share
        total = np.maximum(total, 1e-12)
        return sum_x / total, sum_y / total

    def texel_box(self, texels_per_px: tuple[float, float], size: tuple[int, int]) -> Rect | None:
        """The texels (x0, y0, x1, y1) of a picture of this size that can differ from the unwarped ones."""
        if len(self.radii) == 0:
            return None
        scale = np.array(texels_per_px)
        low = ((self.to - self.radii[:, None]).min(axis=0) + 0.5) * scale
        high = ((self.to + self.radii[:, None]).max(axis=0) + 0.5) * scale
        x0, y0 = (max(math.floor(value), 0) for value in low)
        x1, y1 = (min(math.ceil(value), limit) for value, limit in zip(high, size, strict=True))
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _without_folds(start: Array, moves: Array, radii: Array) -> Array:
    """The moves (N, 2), shortened where they would fold the picture."""
    overlap = np.zeros((len(radii), len(radii)), bool)
    distance = np.linalg.norm(start[:, None] - start[None], axis=-1)  # (N, N)
    np.less(distance, radii[:, None] + radii[None], out=overlap)
    np.fill_diagonal(overlap, False)
    smaller = np.where(overlap, np.minimum(radii[:, None], radii[None]), np.inf)
    limits = np.minimum(_ALONE_LIMIT * radii, _TOGETHER_LIMIT * smaller.min(axis=1, initial=np.inf))
    lengths = np.linalg.norm(moves, axis=1)
    moves = moves * np.minimum(1.0, limits / np.maximum(lengths, 1e-9))[:, None]
    parting = np.linalg.norm(moves[:, None] - moves[None], axis=-1)[overlap]
    if len(parting) == 0:
        return moves
    ratio = _PARTING_LIMIT * distance[overlap] / np.maximum(parting, 1e-9)
    return moves * min(1.0, float(ratio.min()))
