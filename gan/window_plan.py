"""From which layer on windows are evaluated instead of whole maps: the cheaper way by count.

Places are not known: on a GPU nothing may wait for them, so that every handle has one window of the same
size. Where features live on the host, each cell is computed once instead (`gan.cell_trunk`).
"""

from __future__ import annotations

from dataclasses import dataclass

from gan.window_cut import Size
from gan.windowed_trunk import WindowedTrunk


@dataclass(frozen=True)
class PlanCosts:
    """What the choice counts beside multiply-adds, in multiply-adds.

    layer_overhead: of running one layer on windows more than on the whole map (cutting, zeroing outside the
    map, small operations that do not fill the machine), without which windows would be chosen on generators
    that are too small for them. Estimated from the embedded generator: about 0.1 ms a layer at 40 GMAC/s on
    one core.
    """

    layer_overhead: float = 4e6


@dataclass(frozen=True)
class WindowPlan:
    """Layers below `first` run on whole maps. macs: multiply-adds of a forward pass, convolutions only."""

    first: int
    macs: int


def plan_windows(
    trunk: WindowedTrunk, window: Size, count: int, costs: PlanCosts | None = None
) -> WindowPlan:
    """The cheapest plan for `count` windows of size `window`."""
    costs = costs or PlanCosts()
    plans = [
        WindowPlan(first, trunk.whole_macs(first) + count * trunk.window_macs(window, first))
        for first in range(trunk.layer_count + 1)
    ]
    return min(plans, key=lambda plan: plan.macs + costs.layer_overhead * (trunk.layer_count - plan.first))
