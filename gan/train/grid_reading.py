"""Reading pictures at other places, differentiable any number of times.

torch's own `grid_sample` can be differentiated once; R1 asks for the slope of what the augmentation shows,
and then for how that slope changes.
"""

# torch's autograd functions are typed in part only
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIncompatibleMethodOverride=false

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

BILINEAR, REFLECTION = 0, 2  # torch's numbers for the two modes


def read_at(pictures: Tensor, grid: Tensor) -> Tensor:
    """Pictures (N, C, h, w) at places grid (N, H, W, 2) in -1..1, mirrored at the edges -> (N, C, H, W).

    Linear in the pictures; the places get no gradient.
    """
    return _Reading.apply(pictures, grid.detach())


class _Reading(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pictures: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.size = pictures.shape
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _Spreading.apply(gradient, grid, ctx.size), None


class _Spreading(torch.autograd.Function):
    """The transpose of reading: every value goes back to the pixels that it was mixed from."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, grid: Tensor, size: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        like = values.new_zeros(size)  # its numbers do not matter: reading is linear
        return torch.ops.aten.grid_sampler_2d_backward(
            values, like, grid, BILINEAR, REFLECTION, False, (True, False)
        )[0]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return _Reading.apply(gradient, grid), None, None
