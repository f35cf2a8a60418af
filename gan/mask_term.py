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
import torch.nn.functional as F
from torch import Tensor

from gan.enlarged_sum import enlarged_sum
from gan.fixed_region import FixedRegion

# Differences up to this many units of rounding of the mean feature count as none: two ways of evaluating the
# same latent (other pieces, other kernels) differ by more, up to 360, in less than one of 100 values.
# Rejected: a higher limit; it takes away more than a ten thousandth of the published gradient.
ROUNDING = 100.0


def mask_loss(features: Tensor, initial_map: Tensor, region: FixedRegion, smoothing: float = 0.0) -> Tensor:
    """Mean over all pixels and channels of |F - F0| on the fixed region, F and F0 enlarged to the picture.

    features (C, h, w): the region's box of F; initial_map: all of F0. smoothing: differences d up to this
    share of the mean of |F0|, call it t, count as d^2 / 2t, larger ones as |d| - t / 2. Returns a scalar.
    """
    apply = cast(Callable[..., Tensor], _HeldSum.apply)  # pyright: ignore[reportUnknownMemberType]
    total = apply(features, initial_map.detach(), region, smoothing)
    return total / (features.shape[0] * region.pixel_count)


class _HeldSum(torch.autograd.Function):
    """The sum over pixels and channels, its gradient found on the way. Not differentiable twice."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, initial_map: Tensor, region: FixedRegion, smoothing: float
    ) -> Tensor:
        scale = initial_map.abs().mean()
        difference = features - region.cut(initial_map)
        # at the start both are the same up to rounding, and the published gradient there is that of |0|: none
        noise = ROUNDING * torch.finfo(initial_map.dtype).eps * scale
        # what is no number is no rounding either: the step must be refused
        difference = torch.where(difference.abs() <= noise, 0, difference)
        # never 0, also where F0 is
        threshold = smoothing * scale + torch.finfo(initial_map.dtype).tiny if smoothing else None
        padded = F.pad(difference, region.pad, mode="replicate")  # (C, qh + 1, qw + 1)
        total, gradient = enlarged_sum(padded, region, threshold)
        gradient = torch.where(difference != 0, _folded(gradient, region.pad), 0)
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * grad_outputs[0], None, None, None


def _folded(gradient: Tensor, pad: tuple[int, int, int, int]) -> Tensor:
    """Of a map whose border was repeated, added to the border: (C, h + pad, w + pad) -> (C, h, w). Writes
    into the given one."""
    left, right, top, bottom = pad
    rows = gradient[:, top : gradient.shape[1] - bottom]
    if top:
        rows[:, 0] += gradient[:, 0]
    if bottom:
        rows[:, -1] += gradient[:, -1]
    columns = rows[:, :, left : gradient.shape[2] - right]
    if left:
        columns[:, :, 0] += rows[:, :, 0]
    if right:
        columns[:, :, -1] += rows[:, :, -1]
    return columns
