"""The mask's fixed region on the feature map: which cells it reads, and its pixels sorted by phase.

The mask term enlarges the features to the picture. Where the picture has k pixels a cell, its pixels fall
into k x k phases: all pixels of a phase lie at the same place between their four cells, so that a phase of
the whole enlarged map is one linear combination of four shifted maps of the feature map's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Quads:
    """Sums over the fixed pixels of each quad. A pixel's value is the sum of its quad's four cells, upper
    left to lower right, by its shares.

    shares (4, k * k): of every phase. weights (qh * qw, k * k): as the region's. counts (qh, qw): fixed
    pixels. pulls (4, qh, qw): sums of shares. products (4, 4, qh, qw): sums of products of two shares. first
    (qh * qw,): the number of the upper left cell, row by row, in the padded box.
    """

    shares: Tensor
    weights: Tensor
    counts: Tensor
    pulls: Tensor
    products: Tensor
    first: Tensor

    @classmethod
    def of(cls, weights: Tensor) -> Quads:
        """weights (k, k, qh, qw): as the region's."""
        k, _, height, width = weights.shape
        right = places_of(k, weights)
        along = torch.stack([1 - right, right])  # (2, k)
        shares = torch.einsum("ay,bx->abyx", along, along).reshape(4, k * k)
        by_quad = weights.flatten(2).flatten(0, 1).T.contiguous()
        pulls = by_quad @ shares.T  # (qh * qw, 4)
        products = by_quad @ (shares[:, None] * shares).flatten(0, 1).T  # (qh * qw, 16)
        ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        return cls(
            shares,
            by_quad,
            by_quad.sum(dim=1).view(height, width),
            pulls.T.reshape(4, height, width).contiguous(),
            products.T.reshape(4, 4, height, width).contiguous(),
            (ys * (width + 1) + xs).view(-1),
        )


@dataclass(frozen=True)
class FixedRegion:
    """cells (h, w), on the host: those that fixed pixels read; box: (x0, y0, x1, y1) around them. pad: cells
    (left, right, top, bottom) that the border is repeated by, 0 or 1. weights (k, k, qh, qw): 1 where the
    pixel of that phase (y, x) is fixed, for every quad of four neighbouring cells of the padded box.
    pixel_count: of the whole picture."""

    cells: NDArray[np.bool_]
    box: tuple[int, int, int, int]
    pad: tuple[int, int, int, int]
    weights: Tensor
    pixel_count: int

    @cached_property
    def quads(self) -> Quads:
        """Of all its weights; on the host."""
        return Quads.of(self.weights)

    def cut(self, feature_map: Tensor) -> Tensor:
        """The box of a whole map (C, h, w)."""
        x0, y0, x1, y1 = self.box
        return feature_map[:, y0:y1, x0:x1]


def make_fixed_region(
    mask: Tensor, cells: tuple[int, int], dtype: torch.dtype, whole: bool = False
) -> FixedRegion | None:
    """mask (H, W) bool, True = movable; cells (h, w) of the feature map, H and W the same power of two times
    them.

    None where nothing is fixed. whole: the box is the whole map whatever the mask holds, so that another mask
    has the same shapes.
    """
    k = mask.shape[0] // cells[0]
    half = k // 2  # at k = 1 a pixel is the second cell of its quad
    fixed = F.pad(
        ~mask, (half, k - half, half, k - half)
    )  # quad j holds the pixels between cells j - 1 and j
    quads_h, quads_w = fixed.shape[0] // k, fixed.shape[1] // k
    weights = fixed.view(quads_h, k, quads_w, k).permute(1, 3, 0, 2)  # (k, k, quads_h, quads_w)
    used = weights.any(dim=0).any(dim=0).cpu().numpy()  # sync: once for a mask, when it is set
    if not used.any():
        return None
    touched_y, touched_x = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    read = used[:-1, :-1] | used[:-1, 1:] | used[1:, :-1] | used[1:, 1:]
    if whole:
        x0, y0, x1, y1 = 0, 0, quads_w, quads_h
    else:
        x0, y0 = int(touched_x[0]), int(touched_y[0])
        x1, y1 = int(touched_x[-1]) + 1, int(touched_y[-1]) + 1
    box = (max(x0 - 1, 0), max(y0 - 1, 0), min(x1, cells[1]), min(y1, cells[0]))
    pad = (int(x0 == 0), int(x1 == cells[1] + 1), int(y0 == 0), int(y1 == cells[0] + 1))
    return FixedRegion(read, box, pad, weights[:, :, y0:y1, x0:x1].to(dtype).contiguous(), mask.numel())


def place_of(phase: int, k: int) -> float:
    """Where a phase lies between its two cells, 0..1 (align_corners=False); at k = 1 on the second."""
    return (phase + 0.5) / k if k > 1 else 1.0


def places_of(k: int, like: Tensor) -> Tensor:
    """Of all phases, (k,); made on the device."""
    return (torch.arange(k, device=like.device, dtype=like.dtype) + 0.5) / k if k > 1 else like.new_ones(1)
