"""The drag suite done to critters themselves: what a generator that renders perfectly would have to change.

Nothing is dragged: of all critters of the same look whose landmark is at the target the nearest is rendered,
as whitened W (`gan.latent_spread`) holds the way short in a generator. When a nose goes aside the head turns,
the other landmarks go along, and the light falls on it otherwise; so the numbers of what should stay have a
level of their own, and a generator far below it does not drag better but hardly follows.
"""

from __future__ import annotations

import math
from functools import cache
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.critters.anatomy import anatomy
from gan.critters.factors import FACTOR_COUNT, GEOMETRY_FACTORS, sample_factors
from gan.critters.landmarks import landmarks_px
from gan.critters.renderer import CritterRenderer, can_compile
from gan.evaluate.common_scale import COMPARED_AT_PX
from gan.evaluate.drag_suite import (
    DragSuite,
    PerformedDrag,
    PlannedDrag,
    judged_drag,
    placed_drag,
)
from gan.evaluate.landmark_reader import LandmarkReader

CRITTER_DRAGS_VERSION = 1  # raised whenever kept drags would no longer mean the same
FACTOR_SEED = 20_190_406  # of nobody's renders
NEAR = 1e-4  # of the width: a landmark this near is there
MOST_STEPS = 30  # to be nearest, and to be there to the end
LONGEST_STEP = 0.5  # standard deviations of the factors: positions are no linear functions of them
SHORTEST_STEP = 1e-3
COMPILE_FROM_DRAGS = 100  # below, compiling takes longer than it saves; three pictures a drag
DAMPING = 1e-9  # of what a landmark moves in a standard deviation, squared: where no factor moves it


def suite_factors(suite: DragSuite, start: int, stop: int) -> Tensor:
    """(N, FACTOR_COUNT): the critters of drags start to stop, as far from the mean one as truncation asks."""
    seeds = range(suite.first_seed + start, suite.first_seed + stop)
    return suite.truncation_psi * sample_factors(FACTOR_SEED, seeds)


def suite_critters(suite: DragSuite, start: int, stop: int) -> Tensor:
    """Pictures (N, 3, h, w) uint8 of them before the drags."""
    return _renderer(_pays_to_compile(suite)).render(suite_factors(suite, start, stop)).pictures


def drag_critter(reader: LandmarkReader, plan: PlannedDrag, suite: DragSuite) -> PerformedDrag:
    """One planned drag, judged as a generator's is. The handle is the landmark itself, by its factors; there
    are no iterations."""
    factors = suite_factors(suite, plan.number, plan.number + 1)  # (1, FACTOR_COUNT)
    renderer = _renderer(_pays_to_compile(suite))
    before = _picture(renderer, factors)
    placed = placed_drag(reader, plan, before)
    moved = nearest_critter(factors[0], placed.landmark, placed.target - placed.start)
    way = _landmarks(moved.double())[placed.landmark] - _landmarks(factors[0].double())[placed.landmark]
    handle = placed.start + way.numpy()
    arrived = bool(np.linalg.norm(handle - placed.target) <= suite.arrival)
    return judged_drag(reader, plan, placed, before, _picture(renderer, moved[None]), handle, arrived)


def nearest_critter(factors: Tensor, landmark: int, way: NDArray[np.float64]) -> Tensor:
    """The factors (FACTOR_COUNT,) nearest to `factors` with the same appearance whose landmark has moved by
    `way` (2,), shares of the width; where no critter gets there, about as near as one does."""
    start = factors.double()
    target = _landmarks(start)[landmark] + torch.as_tensor(way)
    moved = start
    for _ in range(MOST_STEPS):
        left = target - _landmarks(moved)[landmark]  # (2,)
        slope = _slope(moved, landmark)
        # the shortest way from the start to where the landmark would be at the target, were it linear
        step = start + _shortest(slope, left + slope @ (moved - start)) - moved
        moved = moved + _limited(step)
        if _length(step) < SHORTEST_STEP:
            break
    nearest, least = moved, math.inf
    for _ in range(MOST_STEPS):
        left = target - _landmarks(moved)[landmark]
        if _length(left) > least - NEAR:
            break  # no nearer than the step before: there, or as near as it comes
        nearest, least = moved, _length(left)
        moved = moved + _limited(_shortest(_slope(moved, landmark), left))
    return nearest.to(factors.dtype)


def _shortest(slope: Tensor, way: Tensor) -> Tensor:
    """The shortest change (FACTOR_COUNT,) that moves a landmark by `way` (2,), if it moved linearly."""
    gram = slope @ slope.T + DAMPING * torch.eye(2, dtype=slope.dtype)
    solved = cast(Tensor, torch.linalg.solve(gram, way))  # pyright: ignore[reportUnknownMemberType]
    return slope.T @ solved


def _limited(step: Tensor) -> Tensor:
    return step * (LONGEST_STEP / max(_length(step), LONGEST_STEP))


def _length(vector: Tensor) -> float:
    return float(vector.square().sum().sqrt())


def _slope(factors: Tensor, landmark: int) -> Tensor:
    """(2, FACTOR_COUNT): how a landmark moves with each factor of geometry."""
    leaf = factors.clone().requires_grad_()
    x, y = _landmarks(leaf)[landmark]
    rows = [torch.autograd.grad(place, leaf, retain_graph=True)[0] for place in (x, y)]
    slope = torch.zeros(2, FACTOR_COUNT, dtype=factors.dtype)
    free = list(GEOMETRY_FACTORS)
    slope[:, free] = torch.stack(rows)[:, free]
    return slope


def _landmarks(factors: Tensor) -> Tensor:
    """(K, 2) of factors (FACTOR_COUNT,), as shares of the picture, 0 its edge."""
    return (landmarks_px(anatomy(factors[None]), COMPARED_AT_PX)[0] + 0.5) / COMPARED_AT_PX


def _picture(renderer: CritterRenderer, factors: Tensor) -> NDArray[np.uint8]:
    """(H, W, 3) of factors (1, FACTOR_COUNT)."""
    return renderer.render(factors).pictures[0].permute(1, 2, 0).contiguous().numpy()


def _pays_to_compile(suite: DragSuite) -> bool:
    return suite.drag_count >= COMPILE_FROM_DRAGS and can_compile(torch.device("cpu"))


@cache
def _renderer(compiled: bool) -> CritterRenderer:
    return CritterRenderer(COMPARED_AT_PX, compiled=None if compiled else False)  # None may fall back
