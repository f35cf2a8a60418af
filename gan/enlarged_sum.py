"""The sum of what a map enlarged to the picture holds, and its gradient, without the enlarged map (1 GB at
1024 px).

Every pixel lies between four cells, its quad. Where all cells of a quad are beyond the threshold on the same
side, or none of them is beyond it, so are its pixels: its sum is linear or quadratic in its four cells,
however many pixels it has. Most quads are such where features hardly change, and only the others are
enlarged. On a GPU all quads are enlarged, phase by phase: to pick some, the host would have to wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from gan.fixed_region import FixedRegion, Quads, place_of, places_of
from gan.row_products import tensor_of

# Values that are held at a time, 2 MB in 32-bit: they stay in a processor's cache. A GPU has no use for so
# small pieces; there as many as the feature map has.
CPU_PIECE_VALUES = 2**19
QUADS_AT_A_TIME = 2**17  # of which about a dozen values are held
QUADS_FROM_PHASES = 3  # pixels along a quad's side; fewer are enlarged faster


def enlarged_sum(x: Tensor, region: FixedRegion, threshold: Tensor | None) -> tuple[Tensor, Tensor]:
    """sum(|enlarge(x)|) over the fixed pixels, (), and its gradient, as x.

    x (C, qh + 1, qw + 1): the region's box, padded. threshold (): as t in `gan.mask_term.mask_loss`; None =
    absolute values everywhere.
    """
    gradient = torch.zeros_like(x)
    by_quads = not x.is_cuda and len(region.weights) >= QUADS_FROM_PHASES
    if by_quads:
        excess = _by_quads(x, gradient, region, threshold)
    else:
        excess = _by_phases(x, gradient, region.weights, threshold)
    # a sum of values times their slopes is that of x times what the slopes pull at it with
    return torch.dot(x.reshape(-1), gradient.view(-1)) - excess, gradient


def _pieces(x: Tensor, gradient: Tensor, count: int) -> Iterable[tuple[Tensor, Tensor]]:
    """So many of both, some channels each."""
    count = min(count, x.shape[0])
    return zip(x.tensor_split(count), gradient.tensor_split(count), strict=True)


def _by_phases(x: Tensor, gradient: Tensor, weights: Tensor, threshold: Tensor | None) -> Tensor:
    """Adds to the gradient; returns by how much values times their slopes are more than the sum, ()."""
    k, _, height, width = weights.shape
    places = places_of(k, x)
    shares = torch.stack([1 - places, places])  # (2, k) of the left and the right cell
    excess = x.new_zeros(())
    held_count = x.numel() if x.is_cuda else CPU_PIECE_VALUES
    for part, pulled in _pieces(x, gradient, -(-x.shape[0] * k * height * width // held_count)):
        upper, below = part[:, :-1], part[:, 1:] - part[:, :-1]  # (c, qh, qw + 1)
        slopes = part.new_empty(k, part.shape[0], height, width)
        for phase_y in range(k):
            t = place_of(phase_y, k)
            rows = torch.add(upper, below, alpha=t)
            torch.lerp(rows[:, :, :-1], rows[:, :, 1:], places[:, None, None, None], out=slopes)
            if threshold is None:
                slopes.sign_()
            else:
                slopes.div_(threshold).clamp_(-1, 1)
            slopes.mul_(weights[phase_y][:, None])
            if threshold is not None:
                excess = excess + threshold / 2 * torch.dot(slopes.view(-1), slopes.view(-1))
            left, right = (shares @ slopes.view(k, -1)).view(2, -1, height, width)
            pulled[:, :-1, :-1].add_(left, alpha=1 - t)
            pulled[:, 1:, :-1].add_(left, alpha=t)
            pulled[:, :-1, 1:].add_(right, alpha=1 - t)
            pulled[:, 1:, 1:].add_(right, alpha=t)
    return excess


def _by_quads(x: Tensor, gradient: Tensor, region: FixedRegion, threshold: Tensor | None) -> Tensor:
    """As `_by_phases`."""
    quads = region.quads
    excess = x.new_zeros(())
    for part, pulled in _pieces(x, gradient, -(-x.shape[0] * quads.counts.numel() // QUADS_AT_A_TIME)):
        least, most = _of_quads(part, torch.minimum), _of_quads(part, torch.maximum)  # (c, qh, qw)
        if threshold is None:
            beyond = (least >= 0) | (most <= 0)
            known = beyond
        else:
            within = torch.maximum(most, -least) <= threshold
            beyond = ((least >= threshold) | (most <= -threshold)) & ~within
            known = within | beyond
            shares = within / threshold
            for corner, of_corner in zip(_corners(part), quads.products, strict=True):
                slopes = corner * shares
                for at, product in zip(_corners(pulled), of_corner, strict=True):
                    at.addcmul_(slopes, product)
            # their sum is half of values times slopes
            excess = excess + torch.dot(part.reshape(-1), pulled.reshape(-1)) / 2
            excess = excess + threshold / 2 * (beyond.sum(dim=0) * quads.counts).sum()
        sides = least.add_(most).sign_().mul_(beyond)
        for at, pull in zip(_corners(pulled), quads.pulls, strict=True):
            at.addcmul_(sides, pull)
        # sync: none, what comes here is on the host
        enlarged = tensor_of(np.flatnonzero((~known & (quads.counts > 0)).numpy()))
        at_once = max(CPU_PIECE_VALUES // quads.shares.shape[1], 1)
        for begin in range(0, len(enlarged), at_once):
            some = enlarged[begin : begin + at_once]
            excess = excess + _enlarged(part, pulled, some, quads, threshold)
    return excess


def _enlarged(part: Tensor, pulled: Tensor, some: Tensor, quads: Quads, threshold: Tensor | None) -> Tensor:
    """The quads numbered `some` (n,) of (c, qh, qw), pixel by pixel. Returns as `_by_phases`."""
    _, height, width = part.shape
    channel, quad = some // quads.counts.numel(), some % quads.counts.numel()
    first = channel * (height * width) + quads.first.index_select(0, quad)
    places = (first[:, None] + quads.first.new_tensor([0, 1, width, width + 1])).view(-1)  # (n * 4,)
    slopes = part.reshape(-1).index_select(0, places).view(-1, 4) @ quads.shares  # (n, k * k)
    if threshold is None:
        slopes.sign_()
    else:
        slopes.div_(threshold).clamp_(-1, 1)
    slopes.mul_(quads.weights.index_select(0, quad))
    pulled.view(-1).index_add_(0, places, (slopes @ quads.shares.T).view(-1))
    if threshold is None:
        return part.new_zeros(())
    return threshold / 2 * torch.dot(slopes.view(-1), slopes.view(-1))


def _corners(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(c, qh + 1, qw + 1) -> of every quad the four cells, (c, qh, qw) each."""
    return x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]


def _of_quads(x: Tensor, least_or_most: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Of the four cells of every quad, (c, qh, qw)."""
    rows = least_or_most(x[:, :, :-1], x[:, :, 1:])
    return least_or_most(rows[:, :-1], rows[:, 1:])
