"""Convolutions of a whole map whose cells are rows: what `gan.row_products` does for lists.

The rows of a whole map are the map itself with its channels last, so nothing is copied, and that is the order
in which a processor convolves large maps fastest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import fir_filter
from gan.trunk_layers import TrunkLayer


def whole_products(layer: TrunkLayer, x: Tensor) -> Tensor:
    """What comes out of the kernel, filtered where the layer doubles: x (h * w, in) -> (h' * w', out)."""
    y = layer.convolve(_map(x, layer.source_size), padding=1)
    return _rows(fir_filter(y, layer.conv.fir, padding=1) if layer.conv.up else y)


def whole_products_backward(layer: TrunkLayer, g: Tensor) -> Tensor:
    """The other way: g (h' * w', out) -> (h * w, in)."""
    maps = _map(g, layer.size)
    if layer.conv.up:
        spread = fir_filter(maps, layer.conv.fir, padding=2)  # the filter is symmetric
        return _rows(F.conv2d(spread, layer.weight, stride=2))
    shape = 1, layer.conv.in_channels, *layer.source_size
    # only its shape and order of channels are read: without this order the gradient would be made in another
    source = torch.empty(shape, dtype=g.dtype, device=g.device, memory_format=torch.channels_last)
    return _rows(_convolution_backward(maps, source, layer.weight))


def _convolution_backward(g: Tensor, source: Tensor, weight: Tensor) -> Tensor:
    """The gradient of a 3x3 convolution's source; autograd would give it, after a forward pass."""
    backward = cast(Callable[..., tuple[Tensor, ...]], torch.ops.aten.convolution_backward)
    options = [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, False, False]
    return backward(g, source, weight, None, *options)[0]


def _map(rows: Tensor, size: tuple[int, int]) -> Tensor:
    """(h * w, C) -> (1, C, h, w), the same memory."""
    return rows.view(1, *size, rows.shape[1]).permute(0, 3, 1, 2)


def _rows(maps: Tensor) -> Tensor:
    """(1, C, h, w) -> (h * w, C), the same memory where the channels are last."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
