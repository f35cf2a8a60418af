"""The trunk on lists of cells: every layer computes each cell that is read once, and nothing else.

Demodulation depends on w and the weights, never on activations, so every layer of StyleGAN2 is local: what is
read of the feature map needs a slightly larger set of cells of the layer below, however many windows it
consists of and however they overlap. Activations are rows (cell, channel); a convolution gathers each cell's
neighbours and multiplies by the kernel, or, of many cells, works on tiles of them (`gan.cell_tiles`); a
doubling layer multiplies first and adds up by the filter. A map of which most is read is computed whole.

The backward pass is written by hand, for it has lists of its own: it begins at the cells that something pulls
at, which are few where a step searches a wide square and supervises a small disc.

For features on the host only: the lists are made there. On a GPU, `gan.windowed_trunk` does the same with
windows whose places the host does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from gan.cell_layer import CellLayer, ForwardCells, LayerRows, LayerScales, needed_of
from gan.cell_lists import Cells, Places
from gan.cell_reads import CellRead, pulled_cells
from gan.row_products import padded_rows, tensor_of
from gan.trunk_layers import TrunkLayer


@dataclass(frozen=True)
class CellPlan:
    """Lists of every layer, lowest first. reads: of the last one's cells. macs: multiply-adds of a forward
    pass, products only."""

    layers: tuple[ForwardCells, ...]
    reads: tuple[CellRead, ...]
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
        of_top = tuple(CellRead.at(lists[-1].cells, ys, xs) for ys, xs in reads)
        macs = sum(layer.macs(part) for layer, part in zip(self._layers, lists, strict=True))
        return CellPlan(tuple(lists), of_top, macs)

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
        ctx.layers, ctx.reads, ctx.scales = layers, plan.reads, _by_layer(layers, scales)
        lowest = plan.layers[0].sources
        x = padded_rows(const[0][:, tensor_of(lowest.ys), tensor_of(lowest.xs)].T)
        rows: list[LayerRows] = []
        for layer, lists, of_layer in zip(layers, plan.layers, ctx.scales, strict=True):
            rows.append(layer.forward(lists, x, of_layer))
            x = rows[-1].y
        ctx.rows = rows
        return tuple(read.values(x) for read in plan.reads)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        layers: list[CellLayer] = ctx.layers
        rows: list[LayerRows] = ctx.rows
        scales: list[LayerScales | None] = ctx.scales
        gradients: list[Tensor | None] = []
        moving_count = sum(of_layer is not None for of_layer in scales)
        pulled, g = pulled_cells(ctx.reads, grad_outputs)
        if not pulled.any():
            moving = [of_layer for of_layer in scales if of_layer is not None]
            zeros = [
                torch.zeros_like(part) for of_layer in moving for part in (of_layer.style, of_layer.scale)
            ]
            return (None, None, None, *zeros)
        pulled, g = layers[-1].chosen(rows[-1].lists, pulled, g)
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
