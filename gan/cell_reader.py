"""Windows of the feature map and the fixed region's box, read from lists of cells: on the host."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import cast

import numpy as np
from torch import Tensor

from gan.cell_lists import Box, Places, box_cells
from gan.cell_trunk import CellPlan, CellTrunk
from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size


class CellReader:
    """See `gan.feature_source.FeatureReader`. Cells that several windows read are computed once."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, h, w); layers lowest first, none of them in 16 bits."""
        self._trunk = CellTrunk(const, layers)
        # kept while handles stay in their cells
        self._plan = lru_cache(maxsize=2)(partial(_make_plan, self._trunk, layers[-1].size))

    def read(
        self, w_plus: Tensor, origins: Tensor, side: int, box: Box | None
    ) -> tuple[Tensor, Tensor | None]:
        """See FeatureReader."""
        windows, *in_box = self._trunk.read(self.plan(origins, side, box), w_plus)
        return windows, in_box[0][0] if in_box else None

    def plan(self, origins: Tensor, side: int, box: Box | None) -> CellPlan:
        """How windows of `side` cells at `origins` (N, 2) and the box would be evaluated."""
        # sync: none, the origins are on the host
        places = cast(list[list[int]], origins.tolist())  # pyright: ignore[reportUnknownMemberType]
        return self._plan(tuple((x, y) for x, y in places), side, box)


def _make_plan(
    trunk: CellTrunk, map_size: Size, places: tuple[tuple[int, int], ...], side: int, box: Box | None
) -> CellPlan:
    boxes = [(x, y, x + side, y + side) for x, y in places]
    corners = np.array(places, np.intp).reshape(-1, 2)
    along = np.arange(side)
    ys, xs = corners[:, 1, None, None] + along[:, None], corners[:, 0, None, None] + along
    reads = [_broadcast(ys, xs)]  # (N, side, side)
    if box is not None:
        boxes.append(box)
        x0, y0, x1, y1 = box
        reads.append(_broadcast(np.arange(y0, y1)[None, :, None], np.arange(x0, x1)))
    return trunk.plan(box_cells(map_size, boxes), reads)


def _broadcast(ys: Places, xs: Places) -> tuple[Places, Places]:
    shape = np.broadcast_shapes(ys.shape, xs.shape)
    return np.broadcast_to(ys, shape), np.broadcast_to(xs, shape)
