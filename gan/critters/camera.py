"""The camera: world and head space, rays, and projection to pixels.

World space is (right, up, towards the camera). The head stands near the origin; the camera at distance 7
looks along -z and sees 2 x HALF_VIEW of the plane z = 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan.critters.anatomy import Anatomy

DISTANCE = 7.0
HALF_VIEW = 1.55


def pixel_centres(resolution: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(H * W,) each: positions of the pixels in the plane z = 0, row by row from the top left."""
    steps = ((torch.arange(resolution, device=device) + 0.5) / resolution * 2 - 1) * HALF_VIEW
    v, u = torch.meshgrid(-steps, steps, indexing="ij")
    return u.reshape(-1), v.reshape(-1)


def head_rays(a: Anatomy, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unit directions in head space of the rays through (u, v) of the plane z = 0."""
    scale = torch.rsqrt(u * u + v * v + DISTANCE * DISTANCE)
    wx, wy, wz = u * scale, v * scale, -DISTANCE * scale
    return (
        a.right_x * wx + a.up_x * wy + a.front_x * wz,
        a.right_y * wx + a.up_y * wy + a.front_y * wz,
        a.right_z * wx + a.up_z * wy + a.front_z * wz,
    )


def project(a: Anatomy, points: Tensor, resolution: int) -> Tensor:
    """Points (N, K, 3) of head space -> (N, K, 2) pixels, (x, y), the top left pixel's centre is (0, 0)."""
    axes = torch.stack(
        (
            torch.stack((a.right_x, a.right_y, a.right_z), 1),
            torch.stack((a.up_x, a.up_y, a.up_z), 1),
            torch.stack((a.front_x, a.front_y, a.front_z), 1),
        ),
        1,
    )  # (N, 3, 3): rows are the world's axes in head space
    world = points @ axes.transpose(1, 2) * a.scale[:, None, None]  # (N, K, 3)
    world = world + torch.stack((a.shift_x, a.shift_y, torch.zeros_like(a.shift_x)), 1)[:, None]
    nearer = DISTANCE / (DISTANCE - world[..., 2])
    x = (world[..., 0] * nearer / HALF_VIEW + 1) * (resolution / 2) - 0.5
    y = (1 - world[..., 1] * nearer / HALF_VIEW) * (resolution / 2) - 0.5
    return torch.stack((x, y), -1)
