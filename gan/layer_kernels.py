"""The bare convolution of one layer on maps of one size, forward and backward: by products or by torch.

Products: the kernel times every cell, all nine taps at once, then the taps are added up where they belong. A
GPU's 32-bit convolutions work through the 4,608 terms of a cell one after another, which leaves most of it
idle where there are a hundred cells; here the taps are work for nine times as many.
Large maps are convolved by torch, as nine times their size would have to be held, and so are 16-bit layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import fir_filter
from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size

PRODUCT_VALUES = 2**26  # of the nine taps of all cells: what products may hold at a time, 256 MB in 32 bits
FILTER_VALUES = 2**20  # of the matrix that adds up and filters the taps of a layer that doubles

SIZE_COUNT = 16  # of each layer that are kept: the step's, and those of a look at places


class LayerKernel(Protocol):
    """A layer's convolution, filtered where it doubles, without style, scale and noise."""

    def forward(self, x: Tensor) -> Tensor:
        """x (N, in, h, w) -> (N, out, h', w'), a tensor of its own."""
        ...

    def backward(self, g: Tensor) -> Tensor:
        """The gradient (N, out, h', w') of the result -> (N, in, h, w) of x, a tensor of its own."""
        ...


class LayerKernels:
    """One layer's kernels for every size."""

    def __init__(self, layer: TrunkLayer) -> None:
        self.layer = layer
        # of functions that know the layer, not of methods: what knew itself would outlive its last user
        taps = lru_cache(maxsize=None)(partial(_taps, layer))
        # kept: a recorded step reads the matrices of its sizes
        self._products = lru_cache(maxsize=SIZE_COUNT)(partial(_make_products, layer, taps))

    def whole(self) -> LayerKernel:
        """Of the whole map."""
        return self._kernel(self.layer.source_size, self.layer.size, True, 1)

    def window(self, source: Size, size: Size, count: int) -> LayerKernel:
        """Of `count` windows: from `source` cells `size`, those whose neighbours are all there."""
        return self._kernel(source, size, False, count)

    def _kernel(self, source: Size, size: Size, whole: bool, count: int) -> LayerKernel:
        conv = self.layer.conv
        cells, produced = source[0] * source[1], 0 if conv.up else size[0] * size[1]
        held = 9 * count * max(conv.out_channels * cells, conv.in_channels * produced)
        if self.layer.half is not None or held > PRODUCT_VALUES:
            return _Convolution(self.layer, source, size, whole)
        return self._products(source, size, whole)


def _make_products(
    layer: TrunkLayer, taps: Callable[[], tuple[Tensor, Tensor]], source: Size, size: Size, whole: bool
) -> LayerKernel:
    if layer.conv.up:
        return _DoublingProducts(*taps(), layer.conv.fir, source, size, whole)
    return _Products(*taps(), source, size, whole)


def _taps(layer: TrunkLayer) -> tuple[Tensor, Tensor]:
    """The kernel as (out, 9, in), and as (in, 9, out): what a cell adds to its neighbours, and what each of
    those pulls at it."""
    if layer.conv.up:  # (in, out, 3, 3)
        forward = layer.weight.flatten(2).permute(1, 2, 0).contiguous()
        return forward, forward.permute(2, 1, 0)
    weight = layer.weight.flatten(2)  # (out, in, 9)
    return weight.flip(2).transpose(1, 2).contiguous(), weight.permute(1, 2, 0).contiguous()


class _Products:
    """Of a layer that keeps the size."""

    def __init__(self, taps: Tensor, back: Tensor, source: Size, size: Size, whole: bool) -> None:
        self._taps, self._back = taps.flatten(0, 1), back.flatten(0, 1)  # (out * 9, in), (in * 9, out)
        self._source, self._size = source, size
        self._padding = int(whole)

    def forward(self, x: Tensor) -> Tensor:
        cells = _times(self._taps, x.flatten(2))  # (N, out * 9, cells)
        return F.fold(cells, self._size, 3, padding=2 - self._padding)

    def backward(self, g: Tensor) -> Tensor:
        return F.fold(_times(self._back, g.flatten(2)), self._source, 3, padding=self._padding)


class _DoublingProducts:
    """Of a layer that doubles. Adding up and filtering small maps is a matrix product too, the same for every
    channel."""

    def __init__(
        self, taps: Tensor, back: Tensor, fir: Tensor, source: Size, size: Size, whole: bool
    ) -> None:
        self._taps, self._back = taps, back  # (out, 9, in), (in, 9, out)
        self._spread = _Spread(fir, source, size, whole)
        self._source, self._size = source, size
        cells, produced = source[0] * source[1], size[0] * size[1]
        self._filter: Tensor | None = None
        if 9 * cells * produced <= FILTER_VALUES:
            each = torch.eye(9 * cells, dtype=taps.dtype, device=taps.device).view(9 * cells, 9, cells)
            self._filter = self._spread.forward(each).flatten(1)  # (9 * cells, produced)

    def forward(self, x: Tensor) -> Tensor:
        cells = _times(self._taps.flatten(0, 1), x.flatten(2))  # (N, out * 9, cells)
        if self._filter is None:
            return self._spread.forward(cells)
        produced = cells.view(-1, self._filter.shape[0]) @ self._filter
        return produced.view(x.shape[0], self._taps.shape[0], *self._size)

    def backward(self, g: Tensor) -> Tensor:
        count, out = g.shape[:2]
        if self._filter is None:
            pulled = self._spread.backward(g)
        else:
            pulled = g.reshape(count * out, self._filter.shape[1]) @ self._filter.T
            pulled = pulled.view(count, out * 9, self._source[0] * self._source[1])
        if count == 1:  # tap by tap beside each other, as the sum of all would leave most of a GPU idle
            by_tap = pulled.view(out, 9, -1).transpose(0, 1)  # (9, out, cells)
            x = torch.bmm(self._back.transpose(0, 1), by_tap).sum(dim=0)
        else:
            x = _times(self._taps.flatten(0, 1).T, pulled)
        return x.view(count, self._taps.shape[2], *self._source)


class _Spread:
    """Adds up the taps of a transposed convolution and filters them."""

    def __init__(self, fir: Tensor, source: Size, size: Size, whole: bool) -> None:
        self._fir, self._size = fir, size
        self._doubled = 2 * source[0] + 1, 2 * source[1] + 1
        self._padding = int(whole)

    def forward(self, cells: Tensor) -> Tensor:
        """(N, out * 9, cells) -> (N, out, h', w')."""
        return self.filtered(F.fold(cells, self._doubled, 3, stride=2))

    def filtered(self, y: Tensor) -> Tensor:
        """(N, out, 2h + 1, 2w + 1) -> (N, out, h', w')."""
        if not self._padding:  # it begins one cell before the window, and goes beyond
            y = y[:, :, 1 : self._size[0] + 4, 1 : self._size[1] + 4]
        return fir_filter(y, self._fir, padding=self._padding)

    def backward(self, g: Tensor) -> Tensor:
        """(N, out, h', w') -> (N, out * 9, cells)."""
        return F.unfold(self.filtered_backward(g), 3, stride=2)

    def filtered_backward(self, g: Tensor) -> Tensor:
        """(N, out, h', w') -> (N, out, 2h + 1, 2w + 1)."""
        g = fir_filter(g, self._fir, padding=3 - self._padding)  # the filter is symmetric
        if not self._padding:
            below, right = (n - (used + 4) for n, used in zip(self._doubled, self._size, strict=True))
            g = F.pad(g, (1, right, 1, below))
        return g


class _Convolution:
    """By torch, of any size and in the layer's own precision."""

    def __init__(self, layer: TrunkLayer, source: Size, size: Size, whole: bool) -> None:
        self._layer = layer
        self._padding = int(whole)
        self._spread = _Spread(layer.conv.fir, source, size, whole)

    def forward(self, x: Tensor) -> Tensor:
        y = self._layer.convolve(x, self._padding)
        return self._spread.filtered(y) if self._layer.conv.up else y

    def backward(self, g: Tensor) -> Tensor:
        layer = self._layer
        weight = layer.weight if layer.half is None else layer.half
        if layer.conv.up:
            spread = self._spread.filtered_backward(g).to(weight.dtype)
            return F.conv2d(spread, weight, stride=2).to(g.dtype)
        return F.conv_transpose2d(g.to(weight.dtype), weight, padding=self._padding).to(g.dtype)


def _times(matrix: Tensor, x: Tensor) -> Tensor:
    """matrix (M, K) times each of x (N, K, P) -> (N, M, P)."""
    return torch.bmm(matrix.expand(x.shape[0], -1, -1), x)
