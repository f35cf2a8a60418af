"""Windows of the feature map and the fixed region, read without knowing where they are: on a GPU."""

from __future__ import annotations

from functools import lru_cache, partial

from torch import Tensor

from gan.fixed_region import FixedRegion
from gan.trunk_layers import TrunkLayer
from gan.window_cut import cut_windows
from gan.window_plan import WindowPlan, plan_windows
from gan.windowed_trunk import WindowedTrunk


class WindowReader:
    """See `gan.feature_source.FeatureReader`. Nothing in here waits for the device, and shapes do not depend
    on places."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, h, w); layers lowest first."""
        self._trunk = WindowedTrunk(const, layers)
        self._plan = lru_cache(maxsize=64)(partial(_make_plan, self._trunk))

    def read(
        self, w_plus: Tensor, origins: Tensor, side: int, region: FixedRegion | None
    ) -> tuple[Tensor, Tensor | None]:
        """See FeatureReader."""
        plan = self.plan(origins, side, region)
        if plan.first < self._trunk.layer_count:
            return self._trunk.windows(plan.first, w_plus, origins, (side, side)), None
        whole = self._trunk.whole(w_plus)
        windows = cut_windows(whole, origins, (side, side))
        return windows, None if region is None else region.cut(whole[0])

    def whole(self, w_plus: Tensor) -> Tensor:
        """The whole feature map, (1, C, rows, columns), as the windows are made."""
        return self._trunk.whole(w_plus)

    def plan(self, origins: Tensor, side: int, region: FixedRegion | None) -> WindowPlan:
        """How windows of `side` cells at `origins` (N, 2) and the region would be evaluated."""
        return self._plan(origins.shape[0], side, region is not None)


def _make_plan(trunk: WindowedTrunk, count: int, side: int, needs_whole: bool) -> WindowPlan:
    if needs_whole:
        return WindowPlan(trunk.layer_count, trunk.whole_macs())
    return plan_windows(trunk, (side, side), count)
