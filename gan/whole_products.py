"""Convolutions of a whole map whose cells are rows: what `gan.row_products` does for lists.

The rows of a whole map are the map itself with its channels last, so nothing is copied, and that is the order
in which a processor convolves large maps fastest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch.nn.functional as F
from torch import Tensor
from torch.nn import grad

from gan.layers import separable_fir
from gan.trunk_layers import TrunkLayer


def whole_products(layer: TrunkLayer, x: Tensor) -> Tensor:
    """What comes out of the kernel, filtered where the layer doubles: x (h * w, in) -> (h' * w', out)."""
    y = layer.convolve(_map(x, layer.source_size), padding=1)
    return _rows(separable_fir(y, layer.conv.fir, padding=1) if layer.conv.up else y)


def whole_products_backward(layer: TrunkLayer, g: Tensor) -> Tensor:
    """The other way: g (h' * w', out) -> (h * w, in)."""
    maps = _map(g, layer.size)
    if layer.conv.up:
        spread = separable_fir(maps, layer.conv.fir, padding=2)  # the filter is symmetric
        return _rows(F.conv2d(spread, layer.weight, stride=2))
    shape = (1, layer.conv.in_channels, *layer.source_size)
    backward = cast(Callable[..., Tensor], grad.conv2d_input)  # pyright: ignore[reportUnknownMemberType]
    return _rows(backward(shape, layer.weight, maps, padding=1))


def _map(rows: Tensor, size: tuple[int, int]) -> Tensor:
    """(h * w, C) -> (1, C, h, w), the same memory."""
    return rows.view(1, *size, rows.shape[1]).permute(0, 3, 1, 2)


def _rows(maps: Tensor) -> Tensor:
    """(1, C, h, w) -> (h * w, C), the same memory where the channels are last."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
