"""Which cells a layer has to compute, as a list, and where each finds its neighbours in the list below.

The needed cells of a map are a set of any shape: what the layer above reads, each cell once, however windows
overlap. Where that is most of the map, all of it is needed (`filled`): a whole map is convolved faster cell
by cell. They are numbered row by row. Whatever is not among them, beyond the map above all, has the number
after the last, where a row of zeros stands (`gan.row_products`). All of it is integer arithmetic on the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.layers import UPSAMPLING_TAPS
from gan.row_products import padded_count, tensor_of

Cells = NDArray[np.bool_]  # (h, w): which cells of a map
Numbers = NDArray[np.int32]
Places = NDArray[np.intp]
_Number = TypeVar("_Number", np.int32, np.float64)
# Of a map's cells, from which on all of them are computed: forward, and backward where the layer does not
# double (measured on one core).
WHOLE_SHARE = 0.8
WHOLE_SHARE_BACKWARD = 0.5
# Of the map that is read; products of few rows are faster than convolutions of them.
WHOLE_FROM_CELLS = 32 * 32
MARGIN = 2  # cells beyond the map that a neighbour may lie in

# Doubling along one axis, for an even and an odd cell 2m and 2m + 1 and each tap of the kernel: what is added
# up, as (source - m, weight of the filter). The transposed convolution spreads a source s over the cells 2s,
# 2s + 1 and 2s + 2; the filter then gathers four of those, from the one before on.
_F0, _F1, _F2, _F3 = UPSAMPLING_TAPS
DOUBLING = (
    (((0, _F1), (1, _F3)), ((-1, _F0), (0, _F2)), ((-1, _F1), (0, _F3))),
    (((0, _F0), (1, _F2)), ((0, _F1), (1, _F3)), ((-1, _F0), (0, _F2))),
)


@dataclass(frozen=True)
class CellList:
    """Cells of one map. ys, xs (count,): where they are. numbers (h + 2 * MARGIN, w + 2 * MARGIN): each
    cell's place in the list; `count` where it is not in it."""

    ys: Places
    xs: Places
    numbers: Numbers

    @classmethod
    def of(cls, needed: Cells) -> CellList:
        """The needed ones, row by row."""
        ys, xs = np.nonzero(needed)
        height, width = needed.shape
        numbers = np.full((height + 2 * MARGIN, width + 2 * MARGIN), len(ys), np.int32)
        numbers[ys + MARGIN, xs + MARGIN] = np.arange(len(ys), dtype=np.int32)
        return cls(ys, xs, numbers)

    @property
    def count(self) -> int:
        """Of cells."""
        return len(self.ys)

    @property
    def size(self) -> tuple[int, int]:
        """Cells (h, w) of the map."""
        return self.numbers.shape[0] - 2 * MARGIN, self.numbers.shape[1] - 2 * MARGIN

    @property
    def is_whole(self) -> bool:
        """All cells of the map are in it."""
        return self.count == self.size[0] * self.size[1]

    def cells(self) -> Cells:
        """The list as a map."""
        return self.numbers[MARGIN:-MARGIN, MARGIN:-MARGIN] < self.count

    def at(self, ys: Places, xs: Places) -> Numbers:
        """Numbers of the cells (ys, xs), which broadcast and lie at most MARGIN off the map."""
        at = (ys + MARGIN) * self.numbers.shape[1] + (xs + MARGIN)
        return cast(Numbers, self.numbers.ravel().take(at))  # pyright: ignore[reportUnknownMemberType]

    def rows_of(self, other: CellList) -> Tensor:
        """Numbers of the other list's cells, (padded count,) int32."""
        return tensor_of(_padded(self.at(other.ys, other.xs), self.count))


def is_most(cells: Cells, share: float) -> bool:
    """At least this share of the map."""
    return bool(np.count_nonzero(cells) >= share * cells.size)


def filled(needed: Cells) -> Cells:
    """The needed cells, or all of them where they are most."""
    return np.ones_like(needed) if is_most(needed, WHOLE_SHARE) else needed


def by_fours(cells: Cells) -> Cells:
    """(h, w) -> (ceil(h / 2), ceil(w / 2)): of every two by two cells, whether one of them is set."""
    height, width = cells.shape
    cells = np.pad(cells, ((0, height % 2), (0, width % 2)))
    return cells[::2, ::2] | cells[::2, 1::2] | cells[1::2, ::2] | cells[1::2, 1::2]


def sources_of(needed: Cells, doubles: bool) -> Cells:
    """The cells of the map below that a layer reads for its needed ones: 3x3 around each; where it doubles,
    around the cell that it lies in."""
    if doubles:
        needed = by_fours(needed)
    rows = needed.copy()
    rows[1:] |= needed[:-1]
    rows[:-1] |= needed[1:]
    result = rows.copy()
    result[:, 1:] |= rows[:, :-1]
    result[:, :-1] |= rows[:, 1:]
    return result


def read_terms(cells: CellList, sources: CellList) -> Numbers:
    """What a 3x3 kernel reads for each cell: (cells, 9) numbers of sources, the kernel's taps row by row."""
    dy, dx = _TAPS
    return _padded(sources.at(cells.ys[:, None] + dy, cells.xs[:, None] + dx), sources.count)


def reader_terms(sources: CellList, cells: CellList) -> Numbers:
    """The other way: (sources, 9), for every source the cells that read it, as number * 9 + tap."""
    dy, dx = _TAPS
    numbers = cells.at(sources.ys[:, None] - dy, sources.xs[:, None] - dx)
    return _padded(numbers * np.int32(9) + np.arange(9, dtype=np.int32), cells.count * 9)


def doubling_terms(cells: CellList, sources: CellList) -> tuple[Numbers, NDArray[np.float64]]:
    """What each doubled cell adds up: (cells, 36), number of the source * 9 + tap, and the filter's weights,
    as many."""
    parity = (cells.ys & 1) * 2 + (cells.xs & 1)
    ys = (cells.ys >> 1)[:, None] + _DOUBLING.dy[parity]  # (cells, 36)
    xs = (cells.xs >> 1)[:, None] + _DOUBLING.dx[parity]
    numbers = sources.at(ys, xs) * np.int32(9) + _DOUBLING.tap[parity]
    return _padded(numbers, sources.count * 9), _padded(_DOUBLING.weight[parity], 0)


def doubled_terms(sources: CellList, cells: CellList) -> Numbers:
    """The other way: (sources, 9, 16), for every source and tap the numbers of the doubled cells that it goes
    into, by the weights FILTER."""
    ahead = np.arange(3)[:, None] + 1 - np.arange(4)  # (3, 4): cell - 2 * source, of kernel and filter tap
    ys = 2 * sources.ys[:, None, None, None, None] + ahead[:, None, :, None]  # (sources, 3, 1, 4, 1)
    xs = 2 * sources.xs[:, None, None, None, None] + ahead[:, None, :]  # (sources, 1, 3, 1, 4)
    return _padded(cells.at(ys, xs).reshape(sources.count, 9, 16), cells.count)


FILTER = torch.outer(torch.tensor(UPSAMPLING_TAPS), torch.tensor(UPSAMPLING_TAPS)).flatten()  # (16,)


_TAPS = np.repeat(np.arange(-1, 2), 3), np.tile(np.arange(-1, 2), 3)  # y and x of the nine


@dataclass(frozen=True)
class _DoublingTable:
    """The 36 terms of a doubled cell, (4, 36) of the parities of y and x: where the source lies, the tap of
    the kernel, the filter's weight."""

    dy: Places
    dx: Places
    tap: Numbers
    weight: NDArray[np.float64]

    @classmethod
    def make(cls) -> _DoublingTable:
        """Both axes of DOUBLING, multiplied out."""
        table = np.array(
            [
                [
                    (dy, dx, row * 3 + column, fy * fx)
                    for row in range(3)
                    for dy, fy in down[row]
                    for column in range(3)
                    for dx, fx in across[column]
                ]
                for down in DOUBLING
                for across in DOUBLING
            ]
        )  # (4, 36, 4)
        dy, dx, tap = (table[..., i].astype(np.intp) for i in range(3))
        return cls(dy, dx, tap.astype(np.int32), table[..., 3])


_DOUBLING = _DoublingTable.make()


def _padded(values: NDArray[_Number], fill: int) -> NDArray[_Number]:
    """The values with their rows filled up to `padded_count`."""
    padded = np.full((padded_count(len(values)), *values.shape[1:]), fill, values.dtype)
    padded[: len(values)] = values
    return padded
