"""The suite done to critters themselves: the landmark comes to its target, the look stays, none is nearer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gan.critters.anatomy import anatomy
from gan.critters.factors import APPEARANCE_FACTORS, GEOMETRY_FACTORS
from gan.critters.landmarks import LANDMARK_COUNT, LANDMARK_NAMES, landmarks_px
from gan.critters.renderer import CritterRenderer
from gan.evaluate import critter_drags
from gan.evaluate.critter_drags import drag_critter, nearest_critter, suite_critters, suite_factors
from gan.evaluate.drag_suite import DragSuite, plan_drags
from gan.evaluate.landmark_net import LandmarkNet
from gan.evaluate.landmark_reader import HeldOutError, LandmarkReader

SUITE = DragSuite(drag_count=3)
NOSE = LANDMARK_NAMES.index("nose")


def landmarks(factors: Tensor) -> Tensor:
    """(K, 2) as shares of a picture of 64 px, whatever the size at which they are solved."""
    return (landmarks_px(anatomy(factors[None].double()), 64)[0].double() + 0.5) / 64


def nose_slope(factors: Tensor) -> Tensor:
    """(2, FACTOR_COUNT), by differences."""
    near = 1e-2 * torch.eye(len(factors), dtype=factors.dtype)
    return torch.stack([landmarks(factors + d)[NOSE] - landmarks(factors - d)[NOSE] for d in near], 1) / 2e-2


@settings(max_examples=25)
@given(st.integers(0, 50), st.integers(0, LANDMARK_COUNT - 1), st.floats(-0.06, 0.06), st.floats(-0.06, 0.06))
def test_the_landmark_goes_there_and_the_look_stays(seed: int, landmark: int, x: float, y: float) -> None:
    factors = suite_factors(DragSuite(first_seed=seed), 0, 1)[0]
    moved = nearest_critter(factors, landmark, np.array([x, y]))
    way = landmarks(moved) - landmarks(factors)
    assert way[landmark].tolist() == pytest.approx([x, y], abs=2e-4)
    assert torch.equal(moved[list(APPEARANCE_FACTORS)], factors[list(APPEARANCE_FACTORS)])


def test_no_critter_beside_it_is_nearer() -> None:
    """At the nearest one every change that keeps the landmark is square to the way there (Lagrange)."""
    factors = suite_factors(SUITE, 0, 1)[0].double()
    way = nearest_critter(factors, NOSE, np.array([0.08, -0.03])) - factors
    slope = nose_slope(factors + way)
    free = torch.tensor(GEOMETRY_FACTORS)
    slope, inside = slope.index_select(1, free), way[free]
    left = inside - slope.T @ torch.linalg.solve(slope @ slope.T, slope @ inside)
    assert float(left.norm()) < 0.02 * float(inside.norm())


def test_what_no_critter_can_do_ends_about_as_near_as_one_comes() -> None:
    factors = suite_factors(SUITE, 0, 1)[0]
    ends = [nearest_critter(factors, NOSE, np.array([x, 0.0])) for x in (4.0, 40.0)]
    ways = [float((landmarks(end) - landmarks(factors))[NOSE, 0]) for end in ends]
    assert all(0.1 < way < 1.0 for way in ways), "a nose stays on a head, in the picture or beside it"
    assert all(float((end - factors).norm()) < 30 for end in ends), "no factor runs away"


def test_drags_are_judged_as_a_generators_are(monkeypatch: pytest.MonkeyPatch) -> None:
    small = CritterRenderer(24, compiled=False)
    monkeypatch.setattr(critter_drags, "_renderer", lambda compiled: small)
    torch.manual_seed(0)
    reader = LandmarkReader(LandmarkNet(LANDMARK_COUNT), 32, HeldOutError(0, 0, 0, 0), LANDMARK_NAMES)
    before = suite_critters(SUITE, 0, 3)
    arrived = 0
    for plan in plan_drags(SUITE, LANDMARK_COUNT):
        drag = drag_critter(reader, plan, SUITE)
        assert np.array_equal(drag.before, before[plan.number].permute(1, 2, 0).numpy())
        found = reader.read(torch.as_tensor(drag.before).permute(2, 0, 1)[None])[0]
        outcome = drag.outcome
        assert outcome.start == pytest.approx(
            found[LANDMARK_NAMES.index(outcome.landmark)].clip(0.03, 0.97), abs=1e-6
        )
        left = 100 * math.dist(outcome.handle, outcome.target)
        assert outcome.handle_distance == pytest.approx(left)
        assert outcome.arrived == (left <= 100 * SUITE.arrival)
        arrived += outcome.arrived
        assert outcome.iterations == 0
        assert not np.array_equal(drag.before, drag.after)
    assert arrived > 0
