"""Windows of the feature map and the fixed region, read from lists of cells: on the host."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import cast

import numpy as np
from torch import Tensor

from gan.cell_lists import Places
from gan.cell_trunk import CellPlan, CellTrunk
from gan.fixed_region import FixedRegion
from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size

Box = tuple[int, int, int, int]  # cells: x0, y0, x1, y1; x1 and y1 not included


class CellReader:
    """See `gan.feature_source.FeatureReader`. Cells that several windows read are computed once."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, h, w); layers lowest first, none of them in 16 bits."""
        self._trunk = CellTrunk(const, layers)
        # kept while handles stay in their cells
        self._plan = lru_cache(maxsize=2)(partial(_make_plan, self._trunk, layers[-1].size))

    def read(
        self, w_plus: Tensor, origins: Tensor, side: int, region: FixedRegion | None
    ) -> tuple[Tensor, Tensor | None]:
        """See FeatureReader."""
        windows, *in_box = self._trunk.read(self.plan(origins, side, region), w_plus)
        return windows, in_box[0][0] if in_box else None

    def plan(self, origins: Tensor, side: int, region: FixedRegion | None) -> CellPlan:
        """How windows of `side` cells at `origins` (N, 2) and the region would be evaluated."""
        # sync: none, the origins are on the host
        places = cast(list[list[int]], origins.tolist())  # pyright: ignore[reportUnknownMemberType]
        fixed = None if region is None else (region.cells.tobytes(), region.box)
        return self._plan(tuple((x, y) for x, y in places), side, fixed)


def _make_plan(
    trunk: CellTrunk,
    map_size: Size,
    places: tuple[tuple[int, int], ...],
    side: int,
    fixed: tuple[bytes, Box] | None,
) -> CellPlan:
    corners = np.array(places, np.intp).reshape(-1, 2)
    along = np.arange(side)
    ys, xs = corners[:, 1, None, None] + along[:, None], corners[:, 0, None, None] + along
    reads = [_broadcast(ys, xs)]  # (N, side, side)
    needed = np.zeros(map_size, np.bool_)
    if fixed is not None:
        cells, (x0, y0, x1, y1) = fixed
        needed |= np.frombuffer(cells, np.bool_).reshape(map_size)
        reads.append(_broadcast(np.arange(y0, y1)[None, :, None], np.arange(x0, x1)))
    for x, y in places:
        needed[y : y + side, x : x + side] = True  # what leaves the map does not count
    return trunk.plan(needed, reads)


def _broadcast(ys: Places, xs: Places) -> tuple[Places, Places]:
    shape = np.broadcast_shapes(ys.shape, xs.shape)
    return np.broadcast_to(ys, shape), np.broadcast_to(xs, shape)
