"""One layer on rows of cells: its lists, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan import cell_lists
from gan.cell_lists import (
    FILTER,
    CellList,
    Cells,
    doubled_terms,
    doubling_terms,
    filled,
    is_most,
    read_terms,
    reader_terms,
    sources_of,
)
from gan.cell_tiles import POSITIONS, Tiles, backward_tiles, forward_tiles, tile_count
from gan.layers import LEAKY_SLOPE
from gan.row_products import (
    Part,
    RowProducts,
    gathered_parts,
    multiplied_parts,
    padded_rows,
    tensor_of,
    with_zeros,
)
from gan.tile_products import TileProducts, has_tiles, most_tiles, tiles_pay
from gan.trunk_layers import TrunkLayer
from gan.whole_products import whole_products, whole_products_backward

LIST_COUNT = 3  # kept: a handle comes back to a cell that it left


@dataclass(frozen=True)
class ForwardCells:
    """What a layer computes. noise (cells, 1). parts: by `read_terms` or `doubling_terms`, or tiles; None for
    a whole map. product_count: of a row with a kernel of (in, out), without rows of zeros."""

    cells: CellList
    sources: CellList
    noise: Tensor
    parts: tuple[Part, ...] | Tiles | None
    product_count: int


@dataclass(frozen=True)
class BackwardCells:
    """The cells that something pulls at, and the sources that they pull at in turn. parts: by `reader_terms`
    or `doubled_terms`, or tiles; None for a whole map."""

    cells: CellList
    sources: CellList
    parts: tuple[Part, ...] | Tiles | None


@dataclass(frozen=True)
class LayerScales:
    """What multiplies the input (in,) and the output (out,) of a layer that moves."""

    style: Tensor
    scale: Tensor


@dataclass(frozen=True)
class LayerRows:
    """One layer's forward pass; of whole maps without rows of zeros. y (cells, out): the result. x (sources,
    in) and products (cells, out): what it read and what came out of the kernel, where the layer moves."""

    lists: ForwardCells
    y: Tensor
    x: Tensor | None
    products: Tensor | None


class CellLayer:
    """A layer of the trunk, of which any set of cells can be computed."""

    def __init__(self, layer: TrunkLayer, below: TrunkLayer | None) -> None:
        """below: the layer that it reads, None for the lowest."""
        self.layer = layer
        self._rows: RowProducts | None = None
        self._tiles: TileProducts | None = None
        # of functions that know the layer, not of methods: what knew itself would outlive its last user
        self._forward_lists = lru_cache(maxsize=LIST_COUNT)(partial(_make_forward_lists, layer, below))
        self._backward_lists = lru_cache(maxsize=LIST_COUNT)(partial(_make_backward_lists, layer))

    def forward_cells(self, needed: Cells) -> ForwardCells:
        """Lists for the needed cells (h, w), which are as `needed_of` makes them."""
        return self._forward_lists(needed.tobytes())

    def macs(self, lists: ForwardCells) -> int:
        """Multiply-accumulates of the products, without the few rows of zeros."""
        return self.layer.conv.in_channels * self.layer.conv.out_channels * lists.product_count

    def forward(self, lists: ForwardCells, x: Tensor, scales: LayerScales | None) -> LayerRows:
        """x (sources, in) -> (cells, out)."""
        products = self._forward_products(lists, x if scales is None else x * scales.style)
        bias, clamp = self.layer.bias, self.layer.conv.clamp
        # in place where nobody needs the products: a large piece of memory costs more than what is done to it
        y = products.add_(bias) if scales is None else torch.addcmul(bias, products, scales.scale)
        y = F.leaky_relu_(y.add_(lists.noise[: len(y)]), LEAKY_SLOPE)
        if clamp is not None:
            y.clamp_(-clamp, clamp)
        y[lists.cells.count :] = 0
        if scales is None:
            return LayerRows(lists, y, None, None)
        return LayerRows(lists, y, x, products)

    def chosen(self, lists: ForwardCells, pulled: Cells, g: Tensor) -> tuple[Cells, Tensor]:
        """What `backward` takes best of the gradient (cells, out) of all that was computed: the cells that it
        begins at, and their rows."""
        if self._goes_back_whole(lists, pulled):
            return lists.cells.cells(), g
        cells = CellList.of(pulled)
        return pulled, _chosen(g, lists.cells, _places(lists.cells, cells), len(g))

    def backward(
        self, rows: LayerRows, pulled: Cells, g: Tensor, scales: LayerScales | None
    ) -> tuple[Cells, Tensor, LayerScales | None]:
        """From the gradient (pulled cells, out) of the result: the sources that are pulled at, their gradient
        (sources, in), and that of the scales. Writes into g."""
        if self._goes_back_whole(rows.lists, pulled):
            if not pulled.all():
                g = g.index_select(0, CellList.of(pulled).rows_of(rows.lists.cells))
            pulled = rows.lists.cells.cells()
        lists = self._backward_lists(pulled.tobytes())
        g = g[: lists.cells.count] if lists.parts is None else with_zeros(g, lists.cells.count)
        at = _places(rows.lists.cells, lists.cells)
        y = _chosen(rows.y, rows.lists.cells, at, len(g))
        g = torch.ops.aten.leaky_relu_backward.grad_input(g, y, LEAKY_SLOPE, True, grad_input=g)
        if self.layer.conv.clamp is not None:
            g = g * (y.abs() < self.layer.conv.clamp)
        scale_gradient: Tensor | None = None
        if scales is not None and rows.products is not None:
            scale_gradient = (g * _chosen(rows.products, rows.lists.cells, at, len(g))).sum(dim=0)
            g = g * scales.scale
        g = self._backward_products(lists, g)
        sources = lists.sources.cells()
        if scales is None or rows.x is None or scale_gradient is None:
            return sources, g, None
        x = _chosen(rows.x, rows.lists.sources, _places(rows.lists.sources, lists.sources), len(g))
        style_gradient = (g * x).sum(dim=0)
        return sources, g.mul_(scales.style), LayerScales(style_gradient, scale_gradient)

    def _goes_back_whole(self, lists: ForwardCells, pulled: Cells) -> bool:
        share = cell_lists.WHOLE_SHARE if self.layer.conv.up else cell_lists.WHOLE_SHARE_BACKWARD
        return lists.parts is None and is_most(pulled, share)

    def _forward_products(self, lists: ForwardCells, x: Tensor) -> Tensor:
        """(sources, in) -> (cells, out), without rows of zeros where they are a whole map."""
        if lists.parts is None:
            return whole_products(self.layer, x[: lists.sources.count])
        x = with_zeros(x, lists.sources.count)
        if isinstance(lists.parts, Tiles):
            return self._of_tiles().convolve(x, lists.parts)
        kernel = self._of_rows()
        return (kernel.double if self.layer.conv.up else kernel.convolve)(x, lists.parts)

    def _backward_products(self, lists: BackwardCells, g: Tensor) -> Tensor:
        if lists.parts is None:
            return whole_products_backward(self.layer, g)
        if isinstance(lists.parts, Tiles):
            return self._of_tiles().convolve_backward(g, lists.parts)
        if self.layer.conv.up:
            return self._of_rows().double_backward(g, lists.parts, FILTER.to(g.dtype))
        return self._of_rows().convolve_backward(g, lists.parts)

    # copies of the kernel, made when something is first computed that way
    def _of_rows(self) -> RowProducts:
        self._rows = RowProducts(self.layer) if self._rows is None else self._rows
        return self._rows

    def _of_tiles(self) -> TileProducts:
        self._tiles = TileProducts(self.layer) if self._tiles is None else self._tiles
        return self._tiles


def needed_of(layer: TrunkLayer | None, cells: Cells) -> Cells:
    """The cells of its map that a layer computes where these are read."""
    return filled(cells) if layer is not None and _is_for_whole_maps(layer) else cells


def _is_for_whole_maps(layer: TrunkLayer) -> bool:
    """All of its map is faster at once than as a list or in tiles."""
    large = layer.source_size[0] * layer.source_size[1] >= cell_lists.WHOLE_FROM_CELLS
    return large and not has_tiles(layer)


def _as_map(layer: TrunkLayer, cells: bytes) -> Cells:
    return np.frombuffer(cells, np.bool_).reshape(layer.size)


def _make_forward_lists(layer: TrunkLayer, below: TrunkLayer | None, needed: bytes) -> ForwardCells:
    cells = CellList.of(_as_map(layer, needed))
    sources = CellList.of(needed_of(below, sources_of(_as_map(layer, needed), layer.conv.up)))
    noise = layer.noise[tensor_of(cells.ys), tensor_of(cells.xs)]
    noise = padded_rows(noise[:, None])
    parts: tuple[Part, ...] | Tiles | None = None
    product_count = 9 * (sources if layer.conv.up else cells).count
    if cells.is_whole and _is_for_whole_maps(layer):
        parts = None
    elif layer.conv.up:
        terms, weights = doubling_terms(cells, sources)
        weights = weights.astype(noise.numpy().dtype)
        parts = multiplied_parts(terms, sources.count, _taps_bytes(layer), weights)
    elif tiles_pay(layer, cells.cells()):
        parts = forward_tiles(cells, sources, noise.dtype, most_tiles(layer))
        product_count = POSITIONS * tile_count(cells.cells())
    else:
        parts = gathered_parts(read_terms(cells, sources), _taps_bytes(layer))
    return ForwardCells(cells, sources, noise, parts, product_count)


def _make_backward_lists(layer: TrunkLayer, pulled: bytes) -> BackwardCells:
    cells = CellList.of(_as_map(layer, pulled))
    sources = CellList.of(sources_of(_as_map(layer, pulled), layer.conv.up))
    parts: tuple[Part, ...] | Tiles | None
    if cells.is_whole and _is_for_whole_maps(layer):
        parts = None
    elif layer.conv.up:
        parts = gathered_parts(doubled_terms(sources, cells), _taps_bytes(layer))
    elif tiles_pay(layer, cells.cells()):
        parts = backward_tiles(sources, cells, layer.weight.dtype, most_tiles(layer))
    else:
        parts = multiplied_parts(reader_terms(sources, cells), cells.count, _taps_bytes(layer))
    return BackwardCells(cells, sources, parts)


def _taps_bytes(layer: TrunkLayer) -> int:
    """Of a row of products with all taps, or of what is gathered for them."""
    channels = layer.conv.out_channels if layer.conv.up else layer.conv.in_channels
    return 9 * channels * layer.weight.element_size()


def _places(of: CellList, part: CellList) -> Tensor | None:
    """Numbers in `of` of a part of its cells, (padded count,); None = all of them."""
    return None if part.count == of.count else of.rows_of(part)


def _chosen(rows: Tensor, of: CellList, at: Tensor | None, count: int) -> Tensor:
    """Of a list's rows those at the places; None = all of them, with or without zeros, `count` in all."""
    if at is None and count <= len(rows):
        return rows[:count]
    rows = with_zeros(rows, of.count)
    return rows if at is None else rows.index_select(0, at)
