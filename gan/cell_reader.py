"""Windows of the feature map and the fixed region's box, read from lists of cells: on the host."""

from __future__ import annotations

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
        """const (1, C, h, w); layers lowest first."""
        self._layers = layers
        self._trunk = CellTrunk(const, layers)

    def read(
        self, w_plus: Tensor, origins: Tensor, side: int, box: Box | None
    ) -> tuple[Tensor, Tensor | None]:
        """See FeatureReader."""
        rows = self._trunk.read(self.plan(origins, side, box), w_plus)  # (R, C)
        count, channels = origins.shape[0], self._layers[-1].conv.out_channels
        in_windows = count * side**2
        # whole channels side by side, as what reads them multiplies them
        windows = rows[:in_windows].view(count, side, side, channels).permute(0, 3, 1, 2).contiguous()
        if box is None:
            return windows, None
        x0, y0, x1, y1 = box
        return windows, rows[in_windows:].view(y1 - y0, x1 - x0, channels).permute(2, 0, 1).contiguous()

    def plan(self, origins: Tensor, side: int, box: Box | None) -> CellPlan:
        """How windows of `side` cells at `origins` (N, 2) and the box would be evaluated."""
        # sync: none, the origins are on the host
        places = cast(list[list[int]], origins.tolist())  # pyright: ignore[reportUnknownMemberType]
        boxes = [(x, y, x + side, y + side) for x, y in places]
        if box is not None:
            boxes.append(box)
        size: Size = self._layers[-1].size
        reads = [_cells_of(one) for one in boxes]
        ys = np.concatenate([y for y, _ in reads]) if reads else np.zeros(0, np.intp)
        xs = np.concatenate([x for _, x in reads]) if reads else np.zeros(0, np.intp)
        return self._trunk.plan(box_cells(size, boxes), ys, xs)


def _cells_of(box: Box) -> tuple[Places, Places]:
    """Its cells' y and x, row by row."""
    x0, y0, x1, y1 = box
    ys, xs = np.mgrid[y0:y1, x0:x1]
    return ys.ravel(), xs.ravel()
