"""Products of rows with a kernel and sums of rows: what a convolution over a list of cells is made of.

Rows (cells, channels) are followed by at least one row of zeros (`padded_count`), which stands for all that
is not in a list. A kernel is worked through row by row of its three: what is gathered or multiplied at a time
then fits into the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gan.trunk_layers import TrunkLayer

GATHERED_BYTES = 16 << 20  # of neighbours at a time; larger pieces of memory are fetched anew from the system
COUNT_STEP = 16
MAX_STEPS = 32

Product = Callable[[Tensor, Tensor], Tensor]


def tensor_of(array: NDArray[Any]) -> Tensor:
    """The array's memory as a tensor."""
    return torch.from_numpy(array)  # pyright: ignore[reportUnknownMemberType]


def padded_count(count: int) -> int:
    """Rows that hold `count` and one of zeros. Of large counts there are few: libraries prepare themselves
    for every shape that they meet first."""
    step = COUNT_STEP
    while step * MAX_STEPS < count:
        step *= 2
    return (count // step + 1) * step


def padded_rows(rows: Tensor) -> Tensor:
    """rows (count, C) with zeros up to the padded count."""
    return F.pad(rows, (0, 0, 0, padded_count(rows.shape[0]) - rows.shape[0]))


def with_zeros(rows: Tensor, count: int) -> Tensor:
    """The rows of `count` cells, followed by zeros if they were not."""
    return rows if rows.shape[0] > count else padded_rows(rows)


class RowProducts:
    """The kernel of one layer, laid out for both directions. terms: see `gan.cell_lists`."""

    def __init__(self, layer: TrunkLayer) -> None:
        weight = layer.weight
        if layer.conv.up:  # (in, out, 3, 3)
            weight = weight.permute(2, 3, 1, 0).flatten(1, 2)
        else:  # (out, in, 3, 3)
            weight = weight.permute(2, 0, 3, 1).flatten(2, 3)
        # (3, 3 * out, in) where the layer doubles, else (3, out, 3 * in)
        self._weight = weight.detach().contiguous()

    def convolve(self, x: Tensor, terms: Tensor) -> Tensor:
        """x (sources, in), terms (3, cells, 3) -> (cells, out)."""
        count = terms.shape[1]
        step = max(GATHERED_BYTES // (self._weight.shape[2] * x.element_size()), 1)
        parts = [self._gather(x, terms[:, begin : begin + step]) for begin in range(0, count, step)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def convolve_backward(self, g: Tensor, terms: Tensor) -> Tensor:
        """g (cells, out), terms (3, sources, 3) -> (sources, in)."""
        return self._multiply(self._weight.transpose(1, 2), g, terms, None)

    def double(self, x: Tensor, terms: Tensor, weights: Tensor) -> Tensor:
        """x (sources, in), terms and weights (3, cells, 12) -> (cells, out)."""
        return self._multiply(self._weight, x, terms, weights)

    def double_backward(self, g: Tensor, terms: Tensor, weights: Tensor) -> Tensor:
        """g (cells, out), terms (3, sources, 3, 16), weights (16,) -> (sources, in)."""
        count = terms.shape[1]
        weights = weights.expand(count * 3, -1).contiguous()
        total: Tensor | None = None
        for kernel_row, weight in enumerate(self._weight):
            part = F.embedding_bag(terms[kernel_row].flatten(0, 1), g, mode="sum", per_sample_weights=weights)
            total = _added(total, product(part.view(count, -1), weight.T))
        assert total is not None
        return total

    def _gather(self, x: Tensor, terms: Tensor) -> Tensor:
        """Of some cells, whose sources are copied side by side."""
        total: Tensor | None = None
        gathered = x.new_empty(terms.shape[1] * 3, x.shape[1])
        for kernel_row, weight in enumerate(self._weight):
            torch.index_select(x, 0, terms[kernel_row].flatten(), out=gathered)
            total = _added(total, product(gathered.view(terms.shape[1], -1), weight))
        assert total is not None
        return total

    @staticmethod
    def _multiply(kernel: Tensor, x: Tensor, terms: Tensor, weights: Tensor | None) -> Tensor:
        """Products of every row with every column of the kernel, which are then summed up."""
        total: Tensor | None = None
        for kernel_row, weight in enumerate(kernel):
            columns = product(x, weight).view(x.shape[0] * 3, -1)
            row_weights = None if weights is None else weights[kernel_row]
            part = F.embedding_bag(terms[kernel_row], columns, mode="sum", per_sample_weights=row_weights)
            total = _added(total, part)
        assert total is not None
        return total


def _added(total: Tensor | None, part: Tensor) -> Tensor:
    return part if total is None else total.add_(part)


def product(rows: Tensor, weight: Tensor) -> Tensor:
    """rows (P, K) by weight (N, K) -> (P, N)."""
    return _FLOAT_PRODUCT(rows, weight) if rows.dtype == torch.float32 else F.linear(rows, weight)


def _onednn_product(rows: Tensor, weight: Tensor) -> Tensor:
    operation = cast(Callable[..., Tensor], torch.ops.mkldnn._linear_pointwise)  # pyright: ignore
    return operation(rows, weight, None, "none", [], "")


def _float_product() -> Product:
    """The faster one. torch multiplies by MKL, which is half as fast as oneDNN where the processor is not
    Intel's; the operation that calls oneDNN is meant for torch's own compiler, and need not be there."""
    rows, weight = torch.ones(2, 3), torch.ones(4, 3)
    try:
        works = bool((_onednn_product(rows, weight) == 3).all())
    except (AttributeError, RuntimeError):  # NotImplementedError is one
        works = False
    return _onednn_product if works else F.linear


_FLOAT_PRODUCT = _float_product()
