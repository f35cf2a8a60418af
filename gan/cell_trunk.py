"""The trunk on lists of cells: every layer computes each cell that is read once, and nothing else.

Demodulation depends on w and the weights, never on activations, so every layer of StyleGAN2 is local: what is
read of the feature map needs a slightly larger set of cells of the layer below, however many windows it
consists of and however they overlap. Activations are rows (cell, channel); a convolution gathers each cell's
neighbours and multiplies by the kernel, a doubling layer multiplies first and adds up by the filter. A map of
which most is read is computed whole.

The backward pass is written by hand, for it has lists of its own: it begins at the cells that something pulls
at, which are few where a step searches a wide square and supervises a small disc.

For features on the host only: the lists are made there. On a GPU, `gan.windowed_trunk` does the same with
windows whose places the host does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from gan.cell_layer import CellLayer, ForwardCells, LayerRows, LayerScales, needed_of
from gan.cell_lists import MARGIN, CellList, Cells, Numbers, Places
from gan.row_products import padded_rows, summed_rows, tensor_of, with_zeros
from gan.trunk_layers import TrunkLayer


@dataclass(frozen=True)
class CellPlan:
    """Lists of every layer, lowest first. reads, each (N, h, w): numbers of the last one's cells. macs:
    multiply-adds of a forward pass, products only."""

    layers: tuple[ForwardCells, ...]
    reads: tuple[Numbers, ...]
    macs: int


class CellTrunk:
    """Evaluates any cells of the feature map."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, h, w); layers lowest first, none of them in 16 bits."""
        self._const = const
        self._layers = [
            CellLayer(layer, below) for layer, below in zip(layers, [None, *layers[:-1]], strict=True)
        ]

    def plan(self, needed: Cells, reads: list[tuple[Places, Places]]) -> CellPlan:
        """For reads, each of some of the needed cells, (ys, xs) (N, h, w); beyond the map they are zeros."""
        lists: list[ForwardCells] = []
        cells = needed_of(self._layers[-1].layer, needed)
        for layer in reversed(self._layers):
            lists.append(layer.forward_cells(cells))
            cells = lists[-1].sources.cells()
        lists.reverse()
        top = lists[-1].cells
        height, width = needed.shape
        # a cell beyond the map, wherever it is, is one beside it: there the list has nothing
        numbers = tuple(top.at(ys.clip(-1, height), xs.clip(-1, width)) for ys, xs in reads)
        macs = sum(layer.macs(part) for layer, part in zip(self._layers, lists, strict=True))
        return CellPlan(tuple(lists), numbers, macs)

    def read(self, plan: CellPlan, w_plus: Tensor) -> tuple[Tensor, ...]:
        """What the plan reads, each (N, C, h, w), for w_plus (num_ws, w_dim); differentiable."""
        scales: list[Tensor] = []
        for layer in self._layers:
            style, scale = layer.layer.scales(w_plus)
            if style is not None and scale is not None:
                scales += [style.flatten(), scale.flatten()]
        apply = cast(Callable[..., tuple[Tensor, ...]], _Evaluation.apply)  # pyright: ignore[reportUnknownMemberType]
        return apply(plan, self._layers, self._const, *scales)


class _Evaluation(torch.autograd.Function):
    """All layers at once, differentiable in the scales, style and scale of each moving layer in turn. Not
    differentiable twice."""

    @staticmethod
    def forward(
        ctx: Any, plan: CellPlan, layers: list[CellLayer], const: Tensor, *scales: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.layers, ctx.top = layers, plan.layers[-1].cells
        ctx.reads, ctx.scales = plan.reads, _by_layer(layers, scales)
        lowest = plan.layers[0].sources
        x = padded_rows(const[0][:, tensor_of(lowest.ys), tensor_of(lowest.xs)].T)
        rows: list[LayerRows] = []
        for layer, lists, of_layer in zip(layers, plan.layers, ctx.scales, strict=True):
            rows.append(layer.forward(lists, x, of_layer))
            x = rows[-1].y
        ctx.rows = rows
        x = with_zeros(x, ctx.top.count) if any(_leaves(numbers, ctx.top) for numbers in plan.reads) else x
        return tuple(_read(x, numbers) for numbers in plan.reads)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        layers: list[CellLayer] = ctx.layers
        rows: list[LayerRows] = ctx.rows
        scales: list[LayerScales | None] = ctx.scales
        gradients: list[Tensor | None] = []
        moving_count = sum(of_layer is not None for of_layer in scales)
        found = _pulled(grad_outputs, ctx.reads, ctx.top)
        if found is None:
            moving = [of_layer for of_layer in scales if of_layer is not None]
            zeros = [
                torch.zeros_like(part) for of_layer in moving for part in (of_layer.style, of_layer.scale)
            ]
            return (None, None, None, *zeros)
        pulled, g = found
        for layer, layer_rows, of_layer in zip(layers[::-1], rows[::-1], scales[::-1], strict=True):
            if 2 * moving_count == len(gradients):
                break  # nothing moves below
            pulled, g, gradient = layer.backward(layer_rows, pulled, g, of_layer)
            if gradient is not None:
                gradients = [gradient.style, gradient.scale, *gradients]
        return (None, None, None, *gradients)


def _by_layer(layers: list[CellLayer], scales: tuple[Tensor, ...]) -> list[LayerScales | None]:
    left = iter(scales)
    return [None if layer.layer.is_held else LayerScales(next(left), next(left)) for layer in layers]


def _leaves(numbers: Numbers, top: CellList) -> bool:
    """Some of what is read is not on the map."""
    return bool((numbers == top.count).any())


def _read(rows: Tensor, numbers: Numbers) -> Tensor:
    """Rows (cells, C) by numbers (N, h, w) -> (N, C, h, w): a channel's cells side by side, for products."""
    read = rows.index_select(0, tensor_of(numbers.ravel()))
    return read.view(*numbers.shape, rows.shape[1]).permute(0, 3, 1, 2).contiguous()


def _pulled(
    gradients: tuple[Tensor, ...], reads: tuple[Numbers, ...], top: CellList
) -> tuple[Cells, Tensor] | None:
    """Which cells of the map the gradients (N, C, h, w) of the reads pull at, and their sum for each,
    (cells, C). None where nothing pulls."""
    pulls: list[tuple[Numbers, Tensor]] = []
    pulled = np.zeros([cells - 2 * MARGIN for cells in top.numbers.shape], np.bool_)
    for g, numbers in zip(gradients, reads, strict=True):
        # sync: none, what a cell trunk computes is on the host
        strengths = g.abs().sum(dim=1).numpy()  # (N, h, w)
        places = np.nonzero((strengths != 0) & (numbers < top.count))
        by_cell = g.permute(0, 2, 3, 1)  # (N, h, w, C)
        if len(places[0]) == strengths.size:
            rows = by_cell.reshape(strengths.size, g.shape[1])
        else:
            rows = by_cell[tuple(tensor_of(axis) for axis in places)]
        at = numbers[places]
        pulled[top.ys[at], top.xs[at]] = True
        pulls.append((at, rows))
    if not pulled.any():
        return None
    cells = CellList.of(pulled)
    of_top = cells.at(top.ys, top.xs)
    total: Tensor | None = None
    for at, rows in pulls:
        if len(at) and cells.is_whole and np.array_equal(of_top[at], np.arange(cells.count)):
            part = rows.clone()  # each cell once, in order: a whole map
        elif len(at):
            part = summed_rows(rows, of_top[at], cells.count)
        else:
            continue
        part = part[: cells.count] if cells.is_whole else part
        total = part if total is None else total + part
    assert total is not None
    return cells.cells(), total
