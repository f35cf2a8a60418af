"""Motion supervision (paper, 3.2): the loss that moves the features at the handles to their targets."""

from __future__ import annotations

import torch
from torch import Tensor

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
    distance = way.square().sum(dim=1).sqrt()  # (N,)
    d = way / distance.clamp(min=1)[:, None]
    offsets = torch.arange(1 - radius_px, radius_px, device=handles.device, dtype=handles.dtype)
    xs, ys = handles[:, 0, None] + offsets, handles[:, 1, None] + offsets  # (N, P)
    still = windows.detach().read(xs, ys)  # (N, C, P, P)
    shifted = windows.read(xs + d[:, 0, None], ys + d[:, 1, None])
    disc = offsets[:, None].square() + offsets.square() < radius_px**2  # (P, P)
    inside = windows.grid.is_inside(xs, ys)
    counted = (disc & inside).to(handles.dtype)  # (N, P, P)
    difference = (still - shifted).abs().mean(dim=1)  # (N, P, P)
    mean = (difference * counted).sum(dim=(1, 2)) / counted.sum(dim=(1, 2)).clamp(min=1)
    return torch.where(distance > supervised_beyond_px, mean, 0).sum()
