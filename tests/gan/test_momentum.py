"""A hand that turns round and stops: the handle swings less far past its target, and arrives no later."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest
import torch

from gan import DragParams, DragSession, load_generator
from gan.adam import AdamState, adam_update, without_ascent
from gan.generator import Generator

KEPT = replace(DragParams(), momentum_shedding=0.0)
PULLS = ((0, (0.5, 0.6), 2.6), (2, (0.45, 0.45), 4.0), (3, (0.25, 0.55), 0.2))  # seed, place, direction
STEP_PX = 1.0  # of the hand, for every step of the drag


@cache
def embedded() -> Generator:
    return load_generator()


def pull(seed: int, place: tuple[float, float], angle: float, params: DragParams) -> tuple[float, int]:
    """The hand goes out, turns and stops half way back. How far beyond it the handle was, px summed over the
    steps after the turn; and how many steps there were until it had arrived."""
    generator = embedded()
    session = DragSession(generator, generator.sample(seed, 0.7), params=params)
    x, y = place[0] * generator.width, place[1] * generator.height
    way = math.cos(angle), math.sin(angle)
    session.add_handle((x, y), (x, y))
    out = [STEP_PX * i for i in range(1, 25)]
    path = [*out, *out[-2:11:-1]]
    path += [path[-1]] * 100
    beyond = 0.0
    for number, along in enumerate(path):
        session.move_target(0, (x + along * way[0], y + along * way[1]))
        result = session.step().to_host()
        handle = (result.handles[0, 0] - x) * way[0] + (result.handles[0, 1] - y) * way[1]
        if number >= len(out):
            beyond += max(float(handle) - along, 0.0)
        if number > len(out) + 12 and result.done:
            return beyond, number
    return beyond, len(path)


@pytest.mark.parametrize(("seed", "place", "angle"), PULLS)
def test_a_handle_follows_a_hand_that_turns_round(
    seed: int, place: tuple[float, float], angle: float
) -> None:
    swung, late = pull(seed, place, angle, KEPT)
    beyond, steps = pull(seed, place, angle, DragParams())
    assert beyond < 0.75 * swung
    assert steps <= late


def test_only_what_opposes_the_gradient_goes() -> None:
    gradient = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    state = AdamState(torch.tensor([[-3.0, 5.0], [4.0, -1.0]]), torch.ones(2, 2), torch.tensor(7.0))
    shed = without_ascent(state, gradient, 1.0)
    assert float((shed.first * gradient).sum()) == pytest.approx(0.0, abs=1e-6)
    torch.testing.assert_close(shed.first, state.first + gradient)  # it was -5 along a gradient of square 5
    torch.testing.assert_close(without_ascent(state, gradient, 0.5).first, state.first + gradient / 2)
    assert (shed.second, shed.step) == (state.second, state.step)
    change, _ = adam_update(shed, gradient, 0.1)
    assert float((change * gradient).sum()) < 0, "the step goes down"


def test_momentum_that_goes_along_stays_to_the_bit() -> None:
    gradient = torch.tensor([[1.0, -2.0]])
    state = AdamState(torch.tensor([[3.0, 1.0]]), torch.ones(1, 2), torch.tensor(3.0))
    assert torch.equal(without_ascent(state, gradient, 1.0).first, state.first)
    assert without_ascent(state, -gradient, 0.0) is state
    nothing = without_ascent(state, torch.zeros(1, 2), 1.0)
    assert torch.equal(nothing.first, state.first)
