"""States in bounded memory: the newest and the first always, the older ones evenly."""

from __future__ import annotations

from dataclasses import replace

import torch

from app.session.edits import StartFromSeed
from app.session.history_log import Place
from app.session.kept_states import KeptState, KeptStates, KeptStatesParams
from gan.drag_params import DragParams
from gan.drag_state import new_drag
from gan.packed_snapshot import PackedSnapshot, pack


def filled(count: int, params: KeptStatesParams) -> KeptStates:
    states, packed = KeptStates(params), None
    snapshot = new_drag(torch.zeros(8, 64), 12, DragParams())
    for i in range(count):
        packed = pack(replace(snapshot, iteration=i), packed)
        states.put(Place(1, 0, i), KeptState(packed, None, StartFromSeed(0), 0, DragParams()))
    return states


def size_of_one() -> int:
    packed: PackedSnapshot | None = None
    for _ in range(2):
        packed = pack(new_drag(torch.zeros(8, 64), 12, DragParams()), packed)
    return 4 * (3 * 6 * 64 + 1)


def test_ten_thousand_steps_stay_within_the_budget() -> None:
    params = KeptStatesParams(budget_bytes=200 * size_of_one(), recent_count=20)
    states = filled(10_000, params)
    assert states.byte_count <= params.budget_bytes
    assert len(states) > 70
    for i in (0, *range(9_980, 10_000)):
        assert states.get(Place(1, 0, i)) is not None
    gap = 0
    for i in range(10_000):
        nearest = states.nearest(Place(1, 0), Place(1, 0, i))
        assert nearest is not None
        gap = max(gap, i - nearest.steps)
    assert gap < states.stride <= 128


def test_what_is_kept_twice_counts_once() -> None:
    states = filled(5, KeptStatesParams())
    before = states.byte_count
    state = states.get(Place(1, 0, 3))
    assert state is not None
    states.put(Place(1, 0, 3), state)
    assert (len(states), states.byte_count) == (5, before)
    states.forget_from(Place(1, 0, 2))
    assert len(states) == 2
    assert states.nearest(Place(1, 0), Place(2, 0)) == Place(1, 0, 1)
    assert states.nearest(Place(2, 0), Place(2, 5)) is None
