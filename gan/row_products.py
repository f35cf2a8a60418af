"""Products of rows with a kernel and sums of rows: what a convolution over a list of cells is made of.

Rows (cells, channels) are followed by at least one row of zeros (`padded_count`), which stands for all that
is not in a list. A kernel is multiplied with as a whole: products of few rows cost little more than the calls
that make them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gan.trunk_layers import TrunkLayer

# At a time, of nine taps or of a tile's positions; larger pieces of memory are fetched from the system anew.
PART_BYTES = 8 << 20
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


@dataclass(frozen=True)
class Part:
    """As many cells of a list as are worked through at a time. terms: see `gan.cell_lists`, in numbers of
    rows. rows (R,): those that the terms count, None = all. weights: as terms, None = all 1."""

    terms: Tensor
    rows: Tensor | None = None
    weights: Tensor | None = None


def gathered_parts(terms: NDArray[np.int32], row_bytes: int) -> tuple[Part, ...]:
    """For products of what is gathered. terms (cells, ...); row_bytes: of all that a cell gathers."""
    step = max(PART_BYTES // row_bytes, 1)
    return tuple(Part(tensor_of(terms[begin : begin + step])) for begin in range(0, len(terms), step))


def multiplied_parts(
    terms: NDArray[np.int32], row_count: int, row_bytes: int, weights: NDArray[Any] | None = None
) -> tuple[Part, ...]:
    """For sums of products. terms (cells, T), of `row_count` rows and one of zeros, numbers * 9 + tap;
    row_bytes: of a row's products with all taps."""
    part_count = min(-(-row_count * row_bytes // PART_BYTES), len(terms))
    if part_count <= 1:
        return (Part(tensor_of(terms), None, None if weights is None else tensor_of(weights)),)
    parts: list[Part] = []
    zero = row_count * 9  # where the rows of zeros begin
    for begin in range(0, len(terms), step := -(-len(terms) // part_count)):
        part = slice(begin, begin + step)
        inside = terms[part] < zero
        first = int(terms[part].min()) // 9
        end = int(terms[part].max(initial=0, where=inside)) // 9 + 1
        count = max(end - first, 0)
        numbers = np.where(inside, terms[part] - first * 9, terms[part] - (zero - count * 9))
        rows = np.full(padded_count(count), row_count, np.int32)
        rows[:count] = np.arange(first, first + count)
        part_weights = None if weights is None else tensor_of(weights[part])
        parts.append(Part(tensor_of(numbers.astype(np.int32)), tensor_of(rows), part_weights))
    return tuple(parts)


class RowProducts:
    """The kernel of one layer, laid out for both directions."""

    def __init__(self, layer: TrunkLayer) -> None:
        weight = layer.weight
        if layer.conv.up:  # (in, out, 3, 3)
            weight = weight.permute(2, 3, 1, 0).flatten(0, 2)
        else:  # (out, in, 3, 3)
            weight = weight.permute(0, 2, 3, 1).flatten(1)
        # (9 * out, in) where the layer doubles, else (out, 9 * in)
        self._weight = weight.detach().contiguous()

    def convolve(self, x: Tensor, parts: tuple[Part, ...]) -> Tensor:
        """x (sources, in), terms (cells, 9) -> (cells, out)."""
        return _joined([product(_gathered(x, part.terms), self._weight) for part in parts])

    def convolve_backward(self, g: Tensor, parts: tuple[Part, ...]) -> Tensor:
        """g (cells, out), terms (sources, 9) -> (sources, in)."""
        return _joined([_summed_products(g, self._weight.T, part) for part in parts])

    def double(self, x: Tensor, parts: tuple[Part, ...]) -> Tensor:
        """x (sources, in), terms and weights (cells, 36) -> (cells, out)."""
        return _joined([_summed_products(x, self._weight, part) for part in parts])

    def double_backward(self, g: Tensor, parts: tuple[Part, ...], weights: Tensor) -> Tensor:
        """g (cells, out), terms (sources, 9, 16), weights (16,) -> (sources, in)."""
        return _joined([product(_filtered(g, part.terms, weights), self._weight.T) for part in parts])


def _gathered(x: Tensor, terms: Tensor) -> Tensor:
    """Rows (sources, in) side by side: terms (cells, 9) -> (cells, 9 * in)."""
    return x.index_select(0, terms.view(-1)).view(terms.shape[0], -1)


def _filtered(g: Tensor, terms: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows (cells, out), side by side: terms (sources, 9, 16) -> (sources, 9 * out)."""
    weights = weights.expand(terms.shape[0] * 9, -1).contiguous()
    sums = F.embedding_bag(terms.view(-1, terms.shape[2]), g, mode="sum", per_sample_weights=weights)
    return sums.view(terms.shape[0], -1)


def _summed_products(x: Tensor, kernel: Tensor, part: Part) -> Tensor:
    """Sums of products of rows (P, K) with the taps of a kernel (9 * N, K) -> (cells, N)."""
    rows = x if part.rows is None else x.index_select(0, part.rows)
    products = product(rows, kernel).view(rows.shape[0] * 9, -1)
    return F.embedding_bag(part.terms, products, mode="sum", per_sample_weights=part.weights)


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def product(rows: Tensor, weight: Tensor) -> Tensor:
    """rows (P, K) by weight (N, K) -> (P, N)."""
    return _FLOAT_PRODUCT(rows, weight) if rows.dtype == torch.float32 else F.linear(rows, weight)


def position_products(rows: Tensor, kernels: Tensor) -> Tensor:
    """rows (B, P, K) by kernels (B, K, N) -> (B, P, N)."""
    if MKL_IS_SLOW and rows.dtype == torch.float32:
        return torch.stack([product(*pair) for pair in zip(rows, kernels.transpose(1, 2), strict=True)])
    return torch.bmm(rows, kernels)


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


def _mkl_is_slow() -> bool:
    """MKL holds back where the processor is AMD's."""
    return "AMD" in str(torch.cpu.get_capabilities().get("cpu_name", ""))


_FLOAT_PRODUCT = _float_product()
MKL_IS_SLOW = _mkl_is_slow()
