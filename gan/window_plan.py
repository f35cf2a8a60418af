"""Which pieces of the feature map one evaluation computes, and from which layer on: the cheaper way by count.

Close handles share most of their receptive fields, so windows are merged into one larger piece where that
needs fewer operations (agglomerative, pair by pair); many pieces end in the whole map. A piece costs its
multiply-adds and a fixed overhead for every layer, without which windows would be chosen on generators that
are too small for them. Positions are the host's: where features live on the host they are at hand, on a GPU
the plan is made without positions (one equal window a handle, or the whole map), so that nothing waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gan.windowed_trunk import Size, WindowedTrunk

Box = tuple[int, int, int, int]  # cells: x0, y0, x1, y1; x1 and y1 not included


@dataclass(frozen=True)
class PlanCosts:
    """What the choice counts beside multiply-adds, in multiply-adds.

    layer_overhead: of running one layer on one batch of windows more than on the whole map (cutting, zeroing
    outside the map, small operations that do not fill the machine). Estimated from the embedded generator:
    about 0.1 ms a layer at 40 GMAC/s on one core. quantum_cells: sides of merged pieces are multiples of
    this.
    """

    layer_overhead: float = 4e6
    quantum_cells: int = 4


@dataclass(frozen=True)
class Piece:
    """One batch of equal windows. members: which handles it serves.

    merged: one window around all members; otherwise one window for each. fixed_box: the piece is this box of
    the map (the mask's), wherever its members are.
    """

    members: tuple[int, ...]
    size: Size
    merged: bool = False
    fixed_box: Box | None = None


@dataclass(frozen=True)
class WindowPlan:
    """Layers below `first` run on whole maps. macs: multiply-adds of a forward pass, convolutions only."""

    first: int
    pieces: tuple[Piece, ...]
    macs: int


def plan_windows(
    trunk: WindowedTrunk,
    map_size: Size,
    window: Size,
    count: int,
    boxes: Sequence[Box] | None,
    fixed_box: Box | None = None,
    costs: PlanCosts | None = None,
) -> WindowPlan:
    """The cheapest plan for `count` windows of size `window`.

    boxes: where they are on the map, None = not known. fixed_box: a box whose features are needed too.
    """
    costs = costs or PlanCosts()
    whole_box = (0, 0, map_size[1], map_size[0])
    whole = WindowPlan(
        trunk.layer_count, (Piece(tuple(range(count)), map_size, True, whole_box),), trunk.whole_macs()
    )
    if boxes is None:
        if fixed_box is not None:
            return whole
        pieces = (Piece(tuple(range(count)), window),)
    else:
        pieces = _merged(_Chooser(trunk, map_size, costs), window, boxes, fixed_box)
    candidates = [whole]
    for first in range(trunk.layer_count):
        macs = trunk.whole_macs(first) + sum(_macs(trunk, piece, first) for piece in pieces)
        candidates.append(WindowPlan(first, pieces, macs))
    return min(candidates, key=lambda plan: plan.macs + _overhead(plan, trunk, costs))


def _macs(trunk: WindowedTrunk, piece: Piece, first: int) -> int:
    windows = 1 if piece.merged else len(piece.members)
    return windows * trunk.window_macs(piece.size, first)


def _overhead(plan: WindowPlan, trunk: WindowedTrunk, costs: PlanCosts) -> float:
    return costs.layer_overhead * (trunk.layer_count - plan.first) * len(plan.pieces)


@dataclass
class _Cluster:
    """Handles that share a window; `box` holds all of theirs."""

    members: tuple[int, ...]
    box: Box
    is_fixed: bool = False


@dataclass
class _Chooser:
    """The price of a cluster; merging is judged on the layers that are always cheaper in windows."""

    trunk: WindowedTrunk
    map_size: Size
    costs: PlanCosts
    first: int = field(init=False)

    def __post_init__(self) -> None:
        layers = self.trunk.window_layers((1, 1))
        small = [i for i, window in enumerate(layers) if max(window.layer.size) <= 16]
        self.first = len(small) if len(small) < len(layers) else 0

    def size(self, cluster: _Cluster, window: Size) -> Size:
        """Of the piece: exact for one handle and for the mask's box, a multiple of the quantum otherwise."""
        x0, y0, x1, y1 = cluster.box
        if cluster.is_fixed:
            return y1 - y0, x1 - x0
        if len(cluster.members) == 1:
            return window
        q = self.costs.quantum_cells
        return min(-(-(y1 - y0) // q) * q, self.map_size[0]), min(-(-(x1 - x0) // q) * q, self.map_size[1])

    def cost(self, cluster: _Cluster, window: Size) -> float:
        """Multiply-adds and overhead. Single handles share one batch: they carry no overhead of their own."""
        macs = self.trunk.window_macs(self.size(cluster, window), self.first)
        if len(cluster.members) == 1 and not cluster.is_fixed:
            return macs
        return macs + self.costs.layer_overhead * (self.trunk.layer_count - self.first)


def _merged(
    chooser: _Chooser, window: Size, boxes: Sequence[Box], fixed_box: Box | None
) -> tuple[Piece, ...]:
    clusters = [_Cluster((i,), box) for i, box in enumerate(boxes)]
    if fixed_box is not None:
        clusters.append(_Cluster((), fixed_box, is_fixed=True))
    prices = [chooser.cost(c, window) for c in clusters]
    gains: dict[tuple[int, int], float] = {}
    alive = list(range(len(clusters)))

    def gain(i: int, j: int) -> float:
        return prices[i] + prices[j] - chooser.cost(_union(clusters[i], clusters[j]), window)

    for a, i in enumerate(alive):
        for j in alive[a + 1 :]:
            gains[i, j] = gain(i, j)
    while gains:
        pair = max(gains, key=lambda key: gains[key])
        if gains[pair] < 0:
            break
        i, j = pair
        clusters.append(_union(clusters[i], clusters[j]))
        prices.append(chooser.cost(clusters[-1], window))
        alive = [k for k in alive if k not in pair]
        gains = {key: value for key, value in gains.items() if i not in key and j not in key}
        new = len(clusters) - 1
        for k in alive:
            gains[k, new] = gain(k, new)
        alive.append(new)
    chosen = [clusters[k] for k in alive]
    singles = tuple(sorted(c.members[0] for c in chosen if len(c.members) == 1 and not c.is_fixed))
    pieces = [Piece(singles, window)] if singles else []
    for cluster in chosen:
        if cluster.is_fixed:
            pieces.append(Piece(cluster.members, chooser.size(cluster, window), True, cluster.box))
        elif len(cluster.members) > 1:
            pieces.append(Piece(cluster.members, chooser.size(cluster, window), True))
    return tuple(pieces)


def _union(a: _Cluster, b: _Cluster) -> _Cluster:
    box = (min(a.box[0], b.box[0]), min(a.box[1], b.box[1]), max(a.box[2], b.box[2]), max(a.box[3], b.box[3]))
    return _Cluster(tuple(sorted(a.members + b.members)), box, a.is_fixed or b.is_fixed)
