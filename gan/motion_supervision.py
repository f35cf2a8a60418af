"""Motion supervision (paper, 3.2): the loss that moves the features at the handles to their targets."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from gan.constant_steps import counted
from gan.feature_grid import FeatureWindows


def motion_loss(
    windows: FeatureWindows, handles: Tensor, targets: Tensor, radius_px: int, supervised_beyond_px: float
) -> Tensor:
    """Sum over handles of the mean over the disc |q - p| < radius_px and channels of |sg F(q) - F(q + d)|.

    handles, targets (N, 2) px. d points from the handle to its target and is one pixel long, or as long as
    the way that is left (only where `supervised_beyond_px` is below the published 1). Handles that are not
    further away than that do not count, nor do pixels outside the picture. Returns a scalar.
    """
    way = targets - handles  # (N, 2)
    distance = torch.hypot(way[:, 0], way[:, 1])  # (N,)
    d = way / distance.clamp(min=1)[:, None]
    offsets = counted(1 - radius_px, radius_px - 1, handles.device, handles.dtype)
    pixels = handles[:, :, None] + offsets  # (N, 2, P)
    places = torch.stack([pixels, pixels + d[:, :, None]], dim=2)  # (N, 2, 2, P)
    wx, wy = windows.weights(places[:, 0], places[:, 1])
    still = windows.detach().read_by(wx[:, 0], wy[:, 0])  # (N, C, P, P)
    shifted = windows.read_by(wx[:, 1], wy[:, 1])
    inside = windows.grid.is_inside(pixels[:, 0], pixels[:, 1])
    weights = _disc(radius_px, handles.device, handles.dtype) * inside  # (N, P, P)
    counts = weights.sum(dim=(1, 2)).clamp_(min=1) * still.shape[1]
    weights = weights * ((distance > supervised_beyond_px) / counts)[:, None, None]
    difference = (still - shifted).abs().sum(dim=1)  # (N, P, P)
    return torch.dot(difference.flatten(), weights.flatten())


@cache
def _disc(radius_px: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """(P, P): 1 on the disc, else 0. Kept, like `counted`."""
    square = counted(1 - radius_px, radius_px - 1, device, dtype).square()
    return (square[:, None] + square < radius_px**2).to(dtype)
