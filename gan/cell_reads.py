"""Reads of a list's cells, such as windows of the feature map, and the way back: what pulls at each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.cell_lists import CellList, Cells, Places
from gan.row_products import tensor_of, with_zeros


@dataclass(frozen=True)
class CellRead:
    """Places (N, h, w) of a map whose cells `of` lists. by_place, by_cell: None where all cells of the map
    are read, in order."""

    of: CellList
    shape: tuple[int, int, int]
    by_place: Tensor | None  # (N * h * w,): rows of the list; what is not in it is a row of zeros
    by_cell: tuple[Tensor, Tensor] | None  # the places sorted by their rows, and where each row's begin
    leaves_list: bool

    @classmethod
    def at(cls, of: CellList, ys: Places, xs: Places) -> CellRead:
        """The places (ys, xs), (N, h, w); beyond the map they are zeros."""
        height, width = of.size
        count, rows, columns = ys.shape
        # a cell beyond the map, wherever it is, is one beside it: there the list has nothing
        numbers = of.at(ys.clip(-1, height), xs.clip(-1, width)).ravel()
        if of.is_whole and np.array_equal(numbers, np.arange(of.count)):
            return cls(of, (count, rows, columns), None, None, leaves_list=False)
        order = np.argsort(numbers, kind="stable")
        begins = np.searchsorted(numbers[order], np.arange(of.count + 1))  # one for what is not in the list
        by_cell = tensor_of(order), tensor_of(begins)
        leaves = bool((numbers == of.count).any())
        return cls(of, (count, rows, columns), tensor_of(numbers), by_cell, leaves)

    def values(self, rows: Tensor) -> Tensor:
        """rows (cells, C) -> (N, C, h, w): a channel's cells side by side, for products."""
        if self.by_place is None:
            read = rows[: self.of.count]
        else:
            rows = with_zeros(rows, self.of.count) if self.leaves_list else rows
            read = rows.index_select(0, self.by_place)
        return read.view(*self.shape, rows.shape[1]).permute(0, 3, 1, 2).contiguous()

    def summed(self, g: Tensor) -> Tensor:
        """g (N, C, h, w) -> for each cell the sum of what is at its places, (cells, C), in its own memory."""
        rows = g.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format).view(-1, g.shape[1])
        if self.by_cell is None:
            return rows
        order, begins = self.by_cell
        return F.embedding_bag(order, rows, begins, mode="sum")[: self.of.count]


def pulled_cells(reads: tuple[CellRead, ...], gradients: tuple[Tensor, ...]) -> tuple[Cells, Tensor]:
    """Which cells of the map the gradients of reads of one list pull at, and the gradient of all cells in the
    list, (cells, C)."""
    of = reads[0].of
    total: Tensor | None = None
    for read, g in zip(reads, gradients, strict=True):
        if g.numel():
            part = read.summed(g)
            total = part if total is None else total.add_(part)
    pulled = np.zeros(of.size, np.bool_)
    if total is None:
        return pulled, torch.zeros(of.count, gradients[0].shape[1], dtype=gradients[0].dtype)
    # sync: none, what is listed is on the host
    pulled[of.ys, of.xs] = (total.abs().sum(dim=1) != 0).numpy()
    return pulled, total
