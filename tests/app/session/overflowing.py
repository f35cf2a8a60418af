"""A drag whose 16-bit layers overflow in its fourth step, and the same one with layers that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.session.step_outcomes import step_and_hear
from gan.drag_params import DragParams
from gan.feature_source import Evaluation, WindowedSource
from gan.half_precision import HalfPrecision
from tests.app.tiny import tiny_generator

SEED = 3
HANDLE = AddHandle(0, (10.0, 10.0), (24.0, 10.0))
HALF = HalfPrecision(lowest_resolution=8)
ROWS = frozenset({3, 4})  # the held ones of the tiny generator's that have 16 bits
GOOD_STEPS = 3
REPEATED = "the step is repeated in 32 bits, and there"
PARAMS = [replace(DragParams(), optimised_row_count=3), replace(DragParams.released(), optimised_row_count=3)]


def begun(params: DragParams = PARAMS[0], half: HalfPrecision | None = HALF) -> EditSession:
    session = EditSession(tiny_generator(), StartFromSeed(SEED), params)
    session.use_half(half)
    session.begin("place")
    session.apply(HANDLE)
    session.begin("drag")
    return session


def make_overflow(params: DragParams, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the 16-bit layers of a drag with these parameters overflow at every latent that is further
    from its start than three steps lead."""
    session, start = begun(params), tiny_generator().sample(SEED)
    ways: list[float] = []
    for _ in range(GOOD_STEPS + 2):
        ways.append(float((session.session.w_plus - start).norm()))
        session.step()
    assert ways == sorted(ways)
    # the order decides whether the latent that a step comes to, or the one it begins at, is evaluated last
    limit = (ways[GOOD_STEPS] + ways[GOOD_STEPS + 1]) / 2
    if params.order == "track-then-supervise":
        limit = (ways[GOOD_STEPS - 1] + ways[GOOD_STEPS]) / 2
    evaluate = WindowedSource.evaluate

    def evaluate_or_overflow(source: WindowedSource, w_plus: Tensor, *given: Any, **more: Any) -> Evaluation:
        made = evaluate(source, w_plus, *given, **more)
        if any(layer.half is not None for layer in source._layers) and (w_plus - start).norm() > limit:
            with torch.no_grad():
                made.windows.values.fill_(torch.inf)
        return made

    monkeypatch.setattr(WindowedSource, "evaluate", evaluate_or_overflow)


def overflowed(params: DragParams, steps: int = 8) -> tuple[EditSession, list[str]]:
    session, told = begun(params), []
    for _ in range(steps):
        assert step_and_hear(session, told.append).finite
    return session, told


def never_overflowed(params: DragParams, steps: int = 8) -> EditSession:
    """The same with 32 bits from the step on that was too much for 16."""
    session = begun(params)
    for number in range(steps):
        if number == GOOD_STEPS:
            session.use_half(HALF.without(ROWS))
        assert bool(session.step().finite)
    return session
