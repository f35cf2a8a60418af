"""The drag suite on a tiny generator: the same drags every time, inside the picture, counts that add up."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.critters.landmarks import LANDMARK_COUNT, LANDMARK_NAMES
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.evaluate.drag_suite import (
    MARGIN,
    DragOutcome,
    DragSuite,
    PerformedDrag,
    movable_disc,
    perform_drag,
    place_drag,
    plan_drags,
)
from gan.evaluate.landmark_net import LandmarkNet
from gan.evaluate.landmark_reader import HeldOutError, LandmarkReader
from gan.evaluate.results import DragSummary
from gan.evaluate.suite_record import SuiteRecord
from gan.generator import Generator
from gan.random_model import random_architecture, random_generator

SUITE = DragSuite(drag_count=5, step_limit=12, arrival=0.03)  # the tiny generator's own is half of it
PARAMS = DragParams(learning_rate=0.01)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return random_generator(
        random_architecture(32, 256, channel_max=12, z_dim=8, w_dim=10, mapping_layer_count=2), seed=1
    )


@pytest.fixture(scope="module")
def reader() -> LandmarkReader:
    """Untrained: it finds the same places in the same picture, which is all that is asked of it here."""
    torch.manual_seed(0)
    return LandmarkReader(LandmarkNet(LANDMARK_COUNT), 32, HeldOutError(0, 0, 0, 0), LANDMARK_NAMES)


def perform(generator: Generator, reader: LandmarkReader) -> list[PerformedDrag]:
    plans = plan_drags(SUITE, LANDMARK_COUNT)
    return [perform_drag(generator, reader, plan, SUITE, PARAMS) for plan in plans]


@pytest.fixture(scope="module")
def performed(generator: Generator, reader: LandmarkReader) -> list[PerformedDrag]:
    return perform(generator, reader)


def test_drags_do_not_depend_on_how_many_there_are() -> None:
    longer = plan_drags(replace(SUITE, drag_count=40), LANDMARK_COUNT)
    assert longer[:5] == plan_drags(SUITE, LANDMARK_COUNT)
    assert longer != plan_drags(replace(SUITE, drag_count=40, seed=1), LANDMARK_COUNT)
    assert len({plan.picture_seed for plan in longer}) == 40
    lengths = [plan.length for plan in plan_drags(replace(SUITE, drag_count=400), LANDMARK_COUNT)]
    assert min(lengths) >= 0.03
    assert max(lengths) <= 0.15
    assert np.mean(lengths) == pytest.approx(0.09, abs=0.005)


def test_drags_begin_and_end_inside_the_picture_and_keep_their_length() -> None:
    source = np.random.default_rng(3)
    for plan in plan_drags(replace(SUITE, drag_count=300), LANDMARK_COUNT):
        landmarks = source.uniform(-0.1, 1.1, (LANDMARK_COUNT, 2))
        landmark, target = place_drag(plan, landmarks)
        start = landmarks[landmark]
        assert (start >= MARGIN).all()
        assert (start <= 1 - MARGIN).all()
        assert (target >= MARGIN).all()
        assert (target <= 1 - MARGIN).all()
        assert math.dist(start, target) == pytest.approx(plan.length)


def test_a_picture_without_landmarks_inside_is_still_dragged_inside() -> None:
    plan = plan_drags(SUITE, LANDMARK_COUNT)[0]
    landmark, target = place_drag(plan, np.full((LANDMARK_COUNT, 2), 2.0))
    assert landmark == plan.landmark_order[0]
    assert (target <= 1 - MARGIN).all()


def test_the_suite_is_deterministic(
    generator: Generator, reader: LandmarkReader, performed: list[PerformedDrag]
) -> None:
    again = perform(generator, reader)
    assert [drag.outcome for drag in again] == [drag.outcome for drag in performed]
    assert all(np.array_equal(a.after, b.after) for a, b in zip(again, performed, strict=True))


def test_outcomes_are_those_of_the_programs_own_session(
    generator: Generator, reader: LandmarkReader, performed: list[PerformedDrag]
) -> None:
    for drag in performed:
        outcome = drag.outcome
        w_plus = generator.sample(outcome.picture_seed, SUITE.truncation_psi)
        start = [share * 32 - 0.5 for share in outcome.start]
        target = [share * 32 - 0.5 for share in outcome.target]
        points = [(start[0], start[1])], [(target[0], target[1])]
        session = DragSession(generator, w_plus, *points, params=PARAMS)
        assert np.array_equal(session.image(), drag.before)
        results = [session.step().to_host() for _ in range(outcome.steps)]
        result = results[-1]
        assert result.done or outcome.steps == SUITE.step_limit
        there = [result.distances_px[0] <= SUITE.arrival * 32 for result in results]
        assert there[-1] == outcome.arrived
        assert outcome.iterations == (there.index(True) + 1 if outcome.arrived else len(there))
        assert 100 * result.distances_px[0] / 32 == pytest.approx(outcome.handle_distance, abs=1e-3)
        assert np.array_equal(session.image(), drag.after)
        places = reader.read(torch.from_numpy(drag.after).permute(2, 0, 1)[None])[0]
        found = places[LANDMARK_NAMES.index(outcome.landmark)]
        assert 100 * math.dist(found, outcome.target) == pytest.approx(outcome.landmark_distance)


def test_counts_add_up(performed: list[PerformedDrag]) -> None:
    outcomes = [drag.outcome for drag in performed]
    assert all(outcome.arrived or outcome.iterations == SUITE.step_limit for outcome in outcomes)
    summary = DragSummary.of(outcomes, (0.5, 0.25))
    assert summary.drag_count == 5
    assert (summary.believable_before, summary.believable_after) == (0.5, 0.25)
    assert summary.arrived_count == sum(outcome.arrived for outcome in outcomes)
    assert summary.arrived_share == summary.arrived_count / 5
    assert summary.median_landmark_distance == sorted(o.landmark_distance for o in outcomes)[2]
    assert summary.mean_iterations == sum(o.iterations for o in outcomes) / 5


def test_what_may_move_reaches_beyond_both_ends_of_a_drag() -> None:
    start, target = np.array([0.3, 0.5]), np.array([0.5, 0.5])
    mask = movable_disc(start, target, 0.1, (200, 100))
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max()) == (20, 59)
    assert (rows.min(), rows.max()) == (80, 119)


def test_masked_drags_hold_what_lies_outside(
    generator: Generator, reader: LandmarkReader, performed: list[PerformedDrag]
) -> None:
    suite = replace(SUITE, movable_margin=0.1)
    params = replace(PARAMS, mask_weight=200.0)
    held: list[float] = []
    free: list[float] = []
    for plan, unmasked in zip(plan_drags(SUITE, LANDMARK_COUNT), performed, strict=True):
        drag = perform_drag(generator, reader, plan, suite, params)
        places = np.array(drag.outcome.start), np.array(drag.outcome.target)
        fixed = ~movable_disc(*places, 0.1, (32, 32))
        assert drag.outcome.fixed_changed is not None
        changes = [np.abs(d.after.astype(float) - d.before)[fixed].mean() for d in (drag, unmasked)]
        assert drag.outcome.fixed_changed == pytest.approx(changes[0])
        assert unmasked.outcome.fixed_changed is None
        held.append(changes[0])
        free.append(changes[1])
    assert sum(held) < sum(free) / 2
    believable = (0.0, 0.0)
    summary = DragSummary.of([replace(performed[0].outcome, fixed_changed=h) for h in held], believable)
    assert summary.mean_fixed_changed == pytest.approx(sum(held) / 5)
    assert DragSummary.of([drag.outcome for drag in performed], believable).mean_fixed_changed is None


def test_what_was_finished_is_kept_and_half_a_line_is_not(
    performed: list[PerformedDrag], tmp_path: Path
) -> None:
    record = SuiteRecord(tmp_path / "drags")
    for drag in performed[:3]:
        record.add(drag.outcome, drag.after)
    lines = tmp_path / "drags" / "drags.jsonl"
    lines.write_bytes(lines.read_bytes()[:-40])  # a process that was killed while it wrote the third
    again = SuiteRecord(tmp_path / "drags")
    kept: dict[int, DragOutcome] = {drag.outcome.number: drag.outcome for drag in performed[:2]}
    assert again.outcomes == kept
    again.add(performed[2].outcome, performed[2].after)
    assert SuiteRecord(tmp_path / "drags").outcomes == kept | {2: performed[2].outcome}
    assert np.array_equal(again.after(2), performed[2].after)
