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

from gan.cell_layer import CellLayer, ForwardCells, LayerRows, LayerScales
from gan.cell_lists import MARGIN, CellList, Cells, Numbers, Places, filled
from gan.row_products import padded_rows, summed_rows
from gan.trunk_layers import TrunkLayer


@dataclass(frozen=True)
class CellPlan:
    """Lists of every layer, lowest first. reads (R,): numbers of the last one's cells. macs: multiply-adds of
    a forward pass, products only."""

    layers: tuple[ForwardCells, ...]
    reads: Numbers
    macs: int


class CellTrunk:
    """Evaluates any cells of the feature map."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, h, w); layers lowest first."""
        self._const = const
        self._layers = [CellLayer(layer) for layer in layers]

    def plan(self, needed: Cells, ys: Places, xs: Places) -> CellPlan:
        """For reading the cells (ys, xs), (R,) each, of the needed ones; beyond the map they are zeros."""
        lists: list[ForwardCells] = []
        cells = filled(needed)
        for layer in reversed(self._layers):
            lists.append(layer.forward_cells(cells))
            cells = lists[-1].sources.cells()
        lists.reverse()
        top = lists[-1].cells
        height, width = needed.shape
        beyond = ys.clip(-1, height), xs.clip(-1, width)  # there the list has nothing anywhere
        macs = sum(layer.macs(part) for layer, part in zip(self._layers, lists, strict=True))
        return CellPlan(tuple(lists), top.at(*beyond), macs)

    def read(self, plan: CellPlan, w_plus: Tensor) -> Tensor:
        """What the plan reads, (R, C), for w_plus (num_ws, w_dim); differentiable."""
        scales: list[Tensor] = []
        for layer in self._layers:
            style, scale = layer.layer.scales(w_plus)
            if style is not None and scale is not None:
                scales += [style.flatten(), scale.flatten()]
        apply = cast(Callable[..., Tensor], _Evaluation.apply)  # pyright: ignore[reportUnknownMemberType]
        return apply(plan, self._layers, self._const, *scales)


class _Evaluation(torch.autograd.Function):
    """All layers at once, differentiable in the scales, style and scale of each moving layer in turn. Not
    differentiable twice."""

    @staticmethod
    def forward(ctx: Any, plan: CellPlan, layers: list[CellLayer], const: Tensor, *scales: Tensor) -> Tensor:
        ctx.layers, ctx.top = layers, plan.layers[-1].cells
        ctx.reads, ctx.scales = plan.reads, _by_layer(layers, scales)
        lowest = plan.layers[0].sources
        x = padded_rows(const[0][:, torch.from_numpy(lowest.ys), torch.from_numpy(lowest.xs)].T)
        ctx.rows = []
        for layer, lists, of_layer in zip(layers, plan.layers, ctx.scales, strict=True):
            ctx.rows.append(layer.forward(lists, x, of_layer))
            x = ctx.rows[-1].y
        return x.index_select(0, torch.from_numpy(plan.reads))

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        pulled, g = _pulled(grad_outputs[0], ctx.reads, ctx.top)
        layers: list[CellLayer] = ctx.layers
        rows: list[LayerRows] = ctx.rows
        scales: list[LayerScales | None] = ctx.scales
        gradients: list[Tensor | None] = []
        moving_count = sum(of_layer is not None for of_layer in scales)
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


def _pulled(g: Tensor, reads: Numbers, top: CellList) -> tuple[Cells, Tensor]:
    """Which cells of the map the gradient g (R, C) of the reads pulls at, filled, and theirs, (cells, C)."""
    # sync: none, what a cell trunk computes is on the host
    rows = np.flatnonzero((g != 0).any(dim=1).numpy() & (reads < top.count))
    rows = rows[np.argsort(reads[rows], kind="stable")]
    numbers, begins = np.unique(reads[rows], return_index=True)
    pulled = np.zeros([cells - 2 * MARGIN for cells in top.numbers.shape], np.bool_)
    pulled[top.ys[numbers], top.xs[numbers]] = True
    g = padded_rows(summed_rows(g, torch.from_numpy(rows), torch.from_numpy(begins)))
    every = filled(pulled)
    return every, g if every is pulled else g.index_select(0, CellList.of(pulled).rows_of(CellList.of(every)))
