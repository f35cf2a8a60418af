"""The mask term (paper, 3.2): the fixed region is held to the features that it had at the start.

The published distance is the absolute difference, whose gradient is as large for the smallest difference as
for a large one. What a drag cannot help to change a little then turns every step, and under a tight mask it
hardly comes forward. So small differences may count as their squares do (Huber 1964, "Robust Estimation of a
Location Parameter"), and hold back the less the smaller they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from gan.fixed_region import FixedRegion

# Differences up to this many units of rounding of the mean feature count as none: two ways of evaluating the
# same latent (other pieces, other kernels) differ by up to about 20.
ROUNDING = 100.0
# Values of the enlarged map that are held at a time: 1 MB in 32-bit, a processor's second cache. A GPU has no
# use for so small pieces; there one phase of all channels is held, the size of the feature map.
CPU_CHUNK_VALUES = 2**17


def mask_loss(features: Tensor, initial_map: Tensor, region: FixedRegion, smoothing: float = 0.0) -> Tensor:
    """Mean over all pixels and channels of |F - F0| on the fixed region, F and F0 enlarged to the picture.

    features (C, h, w): the region's box of F; initial_map: all of F0. smoothing: differences d up to this
    share of the mean of |F0|, call it t, count as d^2 / 2t, larger ones as |d| - t / 2. Returns a scalar.
    """
    apply = cast(Callable[[Tensor, Tensor, Tensor | None], Tensor], _EnlargedSum.apply)  # pyright: ignore[reportUnknownMemberType]
    scale = initial_map.detach().abs().mean()
    difference = features - region.cut(initial_map)
    # at the start both are the same up to rounding, and the published gradient there is that of |0|: none
    noise = ROUNDING * torch.finfo(initial_map.dtype).eps * scale
    difference = torch.where(difference.abs() > noise, difference, 0)
    # never 0, also where F0 is
    threshold = smoothing * scale + torch.finfo(initial_map.dtype).tiny if smoothing else None
    total = apply(_padded(difference, region.pad), region.weights, threshold)
    return total / (features.shape[0] * region.pixel_count)


def _padded(x: Tensor, pad: tuple[int, int, int, int]) -> Tensor:
    """x (C, h, w) with its border repeated; by cat, because replication's backward is atomic on a GPU."""
    left, right, top, bottom = pad
    x = torch.cat([x[:, :, :left], x, x[:, :, x.shape[2] - right :]], dim=2)
    return torch.cat([x[:, :top], x, x[:, x.shape[1] - bottom :]], dim=1)


class _EnlargedSum(torch.autograd.Function):
    """sum(|enlarge(x)| * weights), phase by phase, its gradient found on the way: the enlarged map (1 GB at
    1024 px) is never held. x (C, qh + 1, qw + 1), weights (k, k, qh, qw) of 0 and 1. threshold (): as t in
    `mask_loss`; None = absolute values everywhere."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor, threshold: Tensor | None) -> Tensor:
        channels = x.shape[0]
        k, _, height, width = weights.shape
        chunk = channels if x.is_cuda else max(1, CPU_CHUNK_VALUES // (height * width))
        total = x.new_zeros(())
        gradient = torch.zeros_like(x)
        for start in range(0, channels, chunk):
            part, pulled = x[start : start + chunk], gradient[start : start + chunk]
            upper, below = part[:, :-1], part[:, 1:] - part[:, :-1]  # (c, qh, qw + 1)
            for phase_y in range(k):
                t = _place(phase_y, k)
                rows = torch.add(upper, below, alpha=t)
                left, step = rows[:, :, :-1].contiguous(), rows[:, :, 1:] - rows[:, :, :-1]
                kept, moved = torch.zeros_like(left), torch.zeros_like(left)
                for phase_x in range(k):
                    s = _place(phase_x, k)
                    value = torch.add(left, step, alpha=s)  # one phase of the enlarged map
                    slope = value.sign() if threshold is None else (value / threshold).clamp_(-1, 1)
                    slope.mul_(weights[phase_y, phase_x])
                    total = total + torch.dot(value.view(-1), slope.view(-1))
                    if threshold is not None:
                        total = total - threshold / 2 * torch.dot(slope.view(-1), slope.view(-1))
                    kept.add_(slope)
                    moved.add_(slope, alpha=s)
                kept -= moved  # sums of (1 - s) * slope and of s * slope
                pulled[:, :-1, :-1].add_(kept, alpha=1 - t)
                pulled[:, 1:, :-1].add_(kept, alpha=t)
                pulled[:, :-1, 1:].add_(moved, alpha=1 - t)
                pulled[:, 1:, 1:].add_(moved, alpha=t)
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grad_outputs[0], None, None


def _place(phase: int, k: int) -> float:
    """Where a phase lies between its two cells, 0..1 (align_corners=False); at k = 1 on the second."""
    return (phase + 0.5) / k if k > 1 else 1.0
