"""Distances to simple solids, and smooth joins of them. Coordinates are flat tensors, one entry per point.

After Inigo Quilez's articles on distance functions; plain formulas, so that torch can fuse them.
"""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-9  # under square roots, so that gradients and reciprocals stay finite

Number = Tensor | float


def smooth_min(a: Tensor, b: Tensor, reach: float) -> Tensor:
    """Union with a fillet of about `reach`."""
    overlap = (reach - (a - b).abs()).clamp(min=0)
    return torch.minimum(a, b) - overlap * overlap * (0.25 / reach)


def smooth_max(a: Tensor, b: Tensor, reach: float) -> Tensor:
    """Intersection with a fillet of about `reach`; smooth_max(a, -b) carves b out of a."""
    overlap = (reach - (a - b).abs()).clamp(min=0)
    return torch.maximum(a, b) + overlap * overlap * (0.25 / reach)


def smooth_step(low: Number, high: Number, value: Tensor) -> Tensor:
    """0 at `low`, 1 at `high`, an S between them; low > high falls instead of rising."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def sphere(x: Tensor, y: Tensor, z: Tensor, radius: Number) -> Tensor:
    """Exact distance to a sphere around the origin."""
    return torch.sqrt(x * x + y * y + z * z + TINY) - radius


def ellipsoid(x: Tensor, y: Tensor, z: Tensor, rx: Number, ry: Number, rz: Number) -> Tensor:
    """Near distance to an ellipsoid with these half axes: exact at its surface to first order."""
    x1, y1, z1 = x / rx, y / ry, z / rz
    k0 = torch.sqrt(x1 * x1 + y1 * y1 + z1 * z1 + TINY)
    x2, y2, z2 = x1 / rx, y1 / ry, z1 / rz
    return k0 * (k0 - 1) * torch.rsqrt(x2 * x2 + y2 * y2 + z2 * z2 + TINY)


def round_cone(across: Tensor, along: Tensor, r1: Number, r2: Number, height: Tensor) -> Tensor:
    """A cone with a ball of radius r1 at its foot and one of r2 at its tip, `height` apart.

    across: distance from the axis; along: position on it, 0 at the foot.
    """
    b = (r1 - r2) / height
    a = torch.sqrt((1 - b * b).clamp(min=1e-4))
    k = a * along - b * across
    foot = torch.sqrt(across * across + along * along + TINY) - r1
    top = along - height
    tip = torch.sqrt(across * across + top * top + TINY) - r2
    side = across * a + along * b - r1
    return torch.where(k < 0, foot, torch.where(k > a * height, tip, side))
