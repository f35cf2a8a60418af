"""Motion supervision (paper, 3.2): the loss that moves the features at the handles to their targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.feature_grid import FeatureWindows

# Values of the enlarged map that the mask term holds at a time: 4 MB in 32-bit, near a processor's cache.
MASK_CHUNK_VALUES = 2**20


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


def mask_loss(feature_map: Tensor, initial_map: Tensor, fixed: Tensor) -> Tensor:
    """Mean over all pixels and channels of |F - F0| on the fixed region, F and F0 enlarged to the picture.

    feature_map, initial_map (C, rows, columns); fixed (H, W), 1 where nothing may change. Returns a scalar.
    """
    apply = cast(Callable[[Tensor, Tensor], Tensor], _EnlargedAbsoluteMean.apply)  # pyright: ignore[reportUnknownMemberType]
    return apply(feature_map - initial_map, fixed)


class _EnlargedAbsoluteMean(torch.autograd.Function):
    """mean(|enlarge(x)| * weight), a few channels at a time, its gradient found on the way: the enlarged
    map (1 GB at 1024 px) is never held."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        channels, rows, columns = x.shape
        size = [*weight.shape]
        chunk = max(1, MASK_CHUNK_VALUES // weight.numel())
        scale = 1.0 / (channels * weight.numel())
        total = x.new_zeros(())
        gradients: list[Tensor] = []
        for start in range(0, channels, chunk):
            part = x[None, start : start + chunk]
            enlarged = F.interpolate(part, size=size, mode="bilinear", align_corners=False) * weight
            total = total + enlarged.abs().sum()
            pulled = torch.ops.aten.upsample_bilinear2d_backward(
                enlarged.sign() * weight, size, [1, part.shape[1], rows, columns], False, None, None
            )
            gradients.append(pulled[0])
        ctx.save_for_backward(torch.cat(gradients) * scale)
        return total * scale

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grad_outputs[0], None
