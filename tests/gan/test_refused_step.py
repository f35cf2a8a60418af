"""A step that is refused leaves no trace, though nobody tells the session of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from gan import DragParams, DragSession
from gan.feature_source import Evaluation
from gan.step_runner import CapturedRunner, EagerRunner, StepRunner
from tests.gan.cases import small_generator
from tests.gan.played_graphs import PlayedGraphs

ORDERS = [replace(DragParams(), order="supervise-then-track"), DragParams.paper(), DragParams.released()]


def masked_drag(params: DragParams, runner: StepRunner) -> DragSession:
    generator = small_generator(dtype=torch.float32)
    mask = np.tri(64, dtype=bool)
    return DragSession(
        generator, generator.sample(0), [(30.0, 33.0)], [(40.0, 30.0)], mask, params, runner=runner
    )


def overflow_elsewhere(monkeypatch: pytest.MonkeyPatch, session: DragSession, part: str) -> None:
    """From now on one feature is infinite wherever the latent is not the present one."""
    here, source = session.w_plus, session._reader.source
    evaluate = source.evaluate

    def evaluate_or_overflow(w_plus: Tensor, *given: object) -> Evaluation:
        made = evaluate(w_plus, *given)  # type: ignore[arg-type]
        if torch.equal(w_plus, here):
            return made
        values = made.windows.values if part == "windows" else made.fixed
        assert values is not None
        with torch.no_grad():
            values[..., 3, 3] = torch.inf
        return made

    monkeypatch.setattr(source, "evaluate", evaluate_or_overflow)


@pytest.mark.parametrize("part", ["windows", "fixed"])
@pytest.mark.parametrize("params", ORDERS[:2])
def test_the_step_after_a_refused_one_begins_where_the_state_is(
    monkeypatch: pytest.MonkeyPatch, params: DragParams, part: str
) -> None:
    drag, same = masked_drag(params, EagerRunner()), masked_drag(params, EagerRunner())
    for session in (drag, same):
        session.step()
    with monkeypatch.context() as patched:
        overflow_elsewhere(patched, drag, part)
        assert not bool(drag.step().finite)
        assert torch.equal(drag.w_plus, same.w_plus)
        assert torch.equal(drag.handles, same.handles)
    for session in (drag, same):  # another target: the next step is another one
        session.move_target(0, (20.0, 40.0))
    for _ in range(3):
        results = [session.step() for session in (drag, same)]
        assert all(bool(result.finite) for result in results)
        assert torch.equal(results[0].loss, results[1].loss)
        assert torch.equal(drag.w_plus, same.w_plus)
        assert torch.equal(drag.handles, same.handles)


@pytest.mark.parametrize("params", ORDERS)
def test_refused_steps_are_the_same_in_a_recorded_graph(
    monkeypatch: pytest.MonkeyPatch, params: DragParams
) -> None:
    eager, captured = masked_drag(params, EagerRunner()), masked_drag(params, CapturedRunner(PlayedGraphs()))
    both = (eager, captured)

    def go_on() -> None:
        for _ in range(3):
            a, b = eager.step(), captured.step()
            assert torch.equal(a.finite, b.finite)
            assert torch.equal(eager.w_plus, captured.w_plus)
            assert torch.equal(eager.handles, captured.handles)
            assert eager.iteration == captured.iteration

    go_on()
    with monkeypatch.context() as patched:
        patched.setattr(torch, "equal", _equal_without_asking)  # a recorded step asks nothing
        for session in both:
            overflow_elsewhere(patched, session, "windows")
        for _ in range(3):
            eager.step()
            captured.step()
    go_on()
    for session in both:
        session.move_target(0, (20.0, 40.0))
    go_on()


def _equal_without_asking(one: Tensor, other: Tensor) -> bool:
    return one.tolist() == other.tolist()
