"""Tiles of two by two cells: a 3x3 convolution by 16 products a tile instead of 36.

Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray 2016, section 4.1): the 4x4 cells that a tile reads
are spread over 16 positions, every position is multiplied with a kernel of its own (`position_kernels`), and
each cell of the tile gathers from nine of the products. The backward pass is the same, transposed, through
the same kernels. Before and after the products rows are only added and subtracted, so lists of their numbers
are all it takes (`gan.cell_lists`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.cell_lists import CellList, Cells, Places, by_fours
from gan.row_products import padded_count, tensor_of

POSITIONS = 16
TILE_STEP = 8  # a part's number of tiles is a multiple of it; at least one of them is empty
# Lavin and Gray's matrices: along one axis, what each of four positions takes of the cells that a tile reads,
# of the kernel's taps, and what it gives to each of the tile's cells.
_READS = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_TAPS = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_GIVES = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])


@dataclass(frozen=True)
class TilePart:
    """Some whole rows of tiles. spread (16 * tiles, S): numbers of the rows that are added up before the
    products, position by position. gathered (cells, G): numbers, position * tiles + tile, of the products
    that are added up after them; the last part has the rows that pad the cells, too. Both with weights, as
    many. begin: the number of the first of those cells."""

    spread: Tensor
    spread_weights: Tensor
    gathered: Tensor
    gathered_weights: Tensor
    begin: int


@dataclass(frozen=True)
class Tiles:
    """All parts of a pass. count: of the cells that are written, without the rows that pad them."""

    parts: tuple[TilePart, ...]
    count: int


def position_kernels(weight: Tensor) -> Tensor:
    """A kernel (out, in, 3, 3) -> what each position is multiplied with, (16, in, out)."""
    taps = tensor_of(_TAPS)
    kernels = torch.einsum("ap,bq,oipq->abio", taps, taps, weight.detach().double())
    return kernels.flatten(0, 1).to(weight.dtype).contiguous()


def tile_count(cells: Cells) -> int:
    """Tiles that hold some of these cells (h, w)."""
    return int(np.count_nonzero(by_fours(cells)))


def forward_tiles(cells: CellList, sources: CellList, dtype: torch.dtype, most_tiles: int) -> Tiles:
    """From the sources to the cells. most_tiles: of a part."""
    return Tiles(_parts(_FORWARD, cells, sources, cells, dtype, most_tiles), cells.count)


def backward_tiles(sources: CellList, cells: CellList, dtype: torch.dtype, most_tiles: int) -> Tiles:
    """The other way, from the cells to the sources, some of which neighbouring parts have in common."""
    return Tiles(_parts(_BACKWARD, cells, cells, sources, dtype, most_tiles), sources.count)


@dataclass(frozen=True)
class _Axis:
    """One direction along one axis. What a position adds up: `spread` (4, S) of the cells from 2 * tile on.
    What a cell adds up: by its parity (2, G), of which tile from its own on, and which position. Both with
    signs; 0 = not at all."""

    spread: Places
    spread_signs: Places
    tiles: Places
    positions: Places
    signs: Places


def _forward_axis() -> _Axis:
    spread, spread_signs = _nonzero_terms(_READS)
    positions, signs = _nonzero_terms(_GIVES.T)
    return _Axis(spread - 1, spread_signs, np.zeros_like(positions), positions, signs)


def _backward_axis() -> _Axis:
    spread, spread_signs = _nonzero_terms(_GIVES)
    # cell 2m is the second that tile m reads and the fourth of tile m - 1, 2m + 1 the third of tile m and the
    # first of tile m + 1
    readers = (((0, 1), (-1, 3)), ((0, 2), (1, 0)))
    terms = [
        [(tile, position, _READS[position, i]) for tile, i in of for position in np.nonzero(_READS[:, i])[0]]
        for of in readers
    ]
    tiles, positions, signs = np.moveaxis(np.array(terms), 2, 0)
    return _Axis(spread, spread_signs, tiles, positions, signs)


def _nonzero_terms(matrix: NDArray[np.int_]) -> tuple[Places, Places]:
    """Of every row the columns that are not 0, and their values; filled up with zeros, which add nothing."""
    count = int((matrix != 0).sum(axis=1).max())
    columns = np.argsort(matrix == 0, axis=1, kind="stable")[:, :count]
    return columns, np.take_along_axis(matrix, columns, axis=1)


@dataclass(frozen=True)
class _Way:
    """Both axes of a direction multiplied out: spread (16, S * S), the others (2, 2, G * G). reach: rows of
    cells before and after a tile's own that gather from it."""

    spread_dy: Places
    spread_dx: Places
    spread_signs: Places
    tile_dy: Places
    tile_dx: Places
    positions: Places
    signs: Places
    reach: int

    @classmethod
    def of(cls, axis: _Axis, reach: int) -> _Way:
        """The same along both axes."""
        y, x = np.divmod(np.arange(POSITIONS), 4)
        down, across = _pairs(axis.spread.shape[1])
        spread_signs = axis.spread_signs[y][:, down] * axis.spread_signs[x][:, across]
        spread_dy, spread_dx = axis.spread[y][:, down], axis.spread[x][:, across]
        down, across = _pairs(axis.positions.shape[1])

        def both(values: Places) -> tuple[Places, Places]:
            """(2, G) -> (2, 2, G * G), along y and along x, of the parities of y and x."""
            by_y, by_x = np.broadcast_arrays(values[:, None, down], values[None, :, across])
            return by_y, by_x

        tile_dy, tile_dx = both(axis.tiles)
        (by_y, by_x), (sign_y, sign_x) = both(axis.positions), both(axis.signs)
        return cls(
            spread_dy, spread_dx, spread_signs, tile_dy, tile_dx, by_y * 4 + by_x, sign_y * sign_x, reach
        )


def _pairs(count: int) -> tuple[Places, Places]:
    """All pairs of numbers below count."""
    first, second = np.divmod(np.arange(count * count), count)
    return first, second


_FORWARD, _BACKWARD = _Way.of(_forward_axis(), 0), _Way.of(_backward_axis(), 1)


def _parts(
    way: _Way, tiled: CellList, read: CellList, written: CellList, dtype: torch.dtype, most_tiles: int
) -> tuple[TilePart, ...]:
    tiles = by_fours(tiled.cells())
    bounds = _row_bounds(tiles, most_tiles)
    parts: list[TilePart] = []
    for first, end in pairwise(bounds):
        some = np.zeros_like(tiles)
        some[first:end] = tiles[first:end]
        rows = (2 * first - way.reach, 2 * end + way.reach)
        begin, stop = (int(n) for n in np.searchsorted(written.ys, rows))
        last = end == bounds[-1]
        parts.append(_part(way, CellList.of(some), read, written, slice(begin, stop), last, dtype))
    return tuple(parts)


def _part(
    way: _Way,
    tiles: CellList,
    read: CellList,
    written: CellList,
    inside: slice,
    is_last: bool,
    dtype: torch.dtype,
) -> TilePart:
    count = (tiles.count // TILE_STEP + 1) * TILE_STEP
    spread = np.full((POSITIONS, count, way.spread_dy.shape[1]), read.count, np.int32)
    ys, xs = 2 * tiles.ys[:, None] + way.spread_dy[:, None], 2 * tiles.xs[:, None] + way.spread_dx[:, None]
    spread[:, : tiles.count] = np.where(way.spread_signs[:, None] == 0, read.count, read.at(ys, xs))
    signs = np.broadcast_to(way.spread_signs[:, None], spread.shape)
    ys, xs = written.ys[inside], written.xs[inside]
    parity = ys & 1, xs & 1
    of_tiles = tiles.at((ys >> 1)[:, None] + way.tile_dy[parity], (xs >> 1)[:, None] + way.tile_dx[parity])
    gathered = (way.positions[parity] * count + of_tiles).astype(np.int32)
    weights = way.signs[parity]
    if is_last:
        rows = padded_count(written.count) - written.count
        gathered = np.pad(gathered, ((0, rows), (0, 0)), constant_values=tiles.count)
        weights = np.pad(weights, ((0, rows), (0, 0)))
    width = spread.shape[2]
    return TilePart(
        tensor_of(spread.reshape(-1, width)),
        tensor_of(signs.reshape(-1, width)).to(dtype),
        tensor_of(gathered),
        tensor_of(weights).to(dtype),
        inside.start,
    )


def _row_bounds(tiles: Cells, most_tiles: int) -> list[int]:
    """Where parts begin, in rows of tiles, and where the last one ends; none has more tiles than `most_tiles`
    unless in a single row."""
    bounds = [0]
    count = 0
    for row, of_row in enumerate(tiles.sum(axis=1).tolist()):
        if count > 0 and count + of_row > most_tiles:
            bounds.append(row)
            count = 0
        count += of_row
    return [*bounds, len(tiles)]
