"""Distances between a generated picture and the one that belongs to its factors. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

FEATURE_EPSILON = 1e-3


def emphasis_map(landmarks: Tensor, resolution: int, emphasis: float, radius: float) -> Tensor:
    """1 + emphasis at landmarks, falling off as a Gaussian of deviation `radius`, with mean 1 per picture.

    landmarks (N, L, 2): (x, y) as shares of the picture. -> (N, 1, H, W).
    """
    places = (torch.arange(resolution, device=landmarks.device) + 0.5) / resolution
    dx = (landmarks[:, :, 0, None] - places).square()  # (N, L, W)
    dy = (landmarks[:, :, 1, None] - places).square()  # (N, L, H)
    near_x, near_y = (torch.exp(-d / (2 * radius**2)) for d in (dx, dy))
    near = (near_y[:, :, :, None] * near_x[:, :, None, :]).amax(dim=1, keepdim=True)  # (N, 1, H, W)
    weight = 1 + emphasis * near
    # per picture, not per batch: a batch over two processes must weigh as one
    return weight / weight.mean(dim=(1, 2, 3), keepdim=True)


def weighted_l1(made: Tensor, real: Tensor, weight: Tensor) -> Tensor:
    """Mean |made - real| * weight."""
    return ((made - real).abs() * weight).mean()


def coarse_l1(made: Tensor, real: Tensor) -> Tensor:
    """L1 of both, averaged over 4 x 4 pixels: where things are, before what they look like."""
    return F.avg_pool2d(made - real, 4).abs().mean()


def perceptual_distance(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Sum over maps of the mean squared distance of unit feature vectors (Zhang et al. 2018, unweighted)."""
    total = torch.zeros((), device=made[0].device)
    for a, b in zip(made, real, strict=True):
        total = total + (_unit(a) - _unit(b)).square().sum(dim=1).mean()
    return total


def halvings(pictures: Tensor, smallest_px: int) -> list[Tensor]:
    """The pictures (N, 3, H, W) themselves, and averaged to a half, a quarter ... of their size while that is
    at least `smallest_px`."""
    sizes = [pictures]
    while min(pictures.shape[-2:]) >= 2 * smallest_px:
        pictures = F.avg_pool2d(pictures, 2)
        sizes.append(pictures)
    return sizes


def _unit(x: Tensor) -> Tensor:
    """(N, C, h, w) -> the same, of length one at every place."""
    return x * (x.square().sum(dim=1, keepdim=True) + FEATURE_EPSILON).rsqrt()
