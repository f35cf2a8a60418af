"""16-bit layers that overflow in the middle of an edit: one line, and then all is as with 32 bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from app.session.document import load_document, save_document
from app.session.edits import MoveTarget, SetHalfLayers, Steps
from app.session.replay import rebuild, replay
from app.session.step_outcomes import hear, step_and_hear
from gan.drag_params import DragParams
from tests.app.edited_sessions import state_of
from tests.app.session.overflowing import (
    GOOD_STEPS,
    HALF,
    REPEATED,
    ROWS,
    begun,
    never_overflowed,
    overflowed,
)
from tests.app.tiny import tiny_generator


def test_the_step_is_repeated_in_32_bits_and_the_layers_stay_there(overflowing: DragParams) -> None:
    session, told = overflowed(overflowing)
    assert told == [f"16 bits were not enough for layers 3, 4; {REPEATED} they stay"]
    assert session.half == HALF.without(ROWS)
    same = never_overflowed(overflowing)
    assert state_of(session) == state_of(same)
    assert session.session.iteration == session.step_count == 8
    assert session.document().edits == same.document().edits
    edits = session.document().edits
    assert [edit.half for edit in edits if isinstance(edit, SetHalfLayers)] == [HALF, HALF.without(ROWS)]
    assert [edit.count for edit in edits if isinstance(edit, Steps)] == [GOOD_STEPS, 8 - GOOD_STEPS]


def test_the_way_back_and_forth_is_that_of_a_session_that_never_overflowed(
    overflowing: DragParams, tmp_path: Path
) -> None:
    session, same = overflowed(overflowing)[0], never_overflowed(overflowing)
    assert session.position_count == same.position_count
    for position in range(session.position_count):
        assert torch.equal(session.latent_at(position), same.latent_at(position))
    for each in (session, same):
        assert each.undo() == "drag"
    assert state_of(session) == state_of(same)
    for each in (session, same):
        assert each.redo() == "drag"
    assert state_of(session) == state_of(same)
    save_document(tmp_path / "a.json", session.document())
    document = load_document(tmp_path / "a.json")
    refused: list[bool] = []
    again = replay(document, tiny_generator(), lambda _s, result: refused.append(not bool(result.finite)))
    assert not any(refused)
    assert len(refused) == 8
    assert state_of(again) == state_of(rebuild(session, tiny_generator())) == state_of(same)
    for each in (session, same):  # another way from before the overflow: the layers stay in 32 bits
        each.return_to(1)
        told: list[str] = []
        for _ in range(4):
            step_and_hear(each, told.append)
        assert told == []
    assert state_of(session) == state_of(same)
    assert session.document().edits == same.document().edits
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)
    for half in (None, HALF):  # switched off and on again
        session.use_half(half)
        assert bool(session.step().finite)
    assert session.half == HALF.without(ROWS)


def test_targets_that_moved_after_a_refused_step_stay_moved(overflowing: DragParams) -> None:
    """As on a GPU: three steps and a move are begun before the first is heard of."""
    session, told = begun(overflowing), []
    results = [session.step() for _ in range(GOOD_STEPS + 1)]
    session.apply(MoveTarget(0, (26.0, 12.0)))
    results += [session.step() for _ in range(2)]
    outcomes = [hear(session, result.to_host(), told.append) for result in results[: GOOD_STEPS + 1]]
    assert outcomes == ["done"] * GOOD_STEPS + ["to-repeat"]
    assert len(told) == 1
    same = begun(overflowing)
    for _ in range(GOOD_STEPS):
        same.step()
    same.apply(MoveTarget(0, (26.0, 12.0)))
    same.use_half(HALF.without(ROWS))
    for each in (session, same):
        for _ in range(3):
            each.step()
    assert state_of(session) == state_of(same)
    assert session.session.iteration == GOOD_STEPS + 3
    assert state_of(replay(session.document(), tiny_generator())) == state_of(same)


def test_a_refused_step_that_has_a_name_stays_a_picture(overflowing: DragParams) -> None:
    session, told = begun(overflowing), []
    results = [session.step().to_host() for _ in range(GOOD_STEPS + 1)]
    session.bookmarks.add("here")
    assert [hear(session, result, told.append) for result in results][-1] == "to-repeat"
    assert session.bookmarks.position_of("here") == GOOD_STEPS + 1
    step_and_hear(session, told.append)
    assert len(told) == 1
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_a_first_step_that_is_refused_leaves_no_unit_behind() -> None:
    session = begun(half=None)
    before, edits = state_of(session), session.document().edits
    result = session.step().to_host()
    session.begin("more")
    assert hear(session, replace(result, finite=False), print) == "refused"
    assert state_of(session) == before
    assert session.document().edits == edits
    assert session.undo_label == "place"
    session.step()
    assert session.position_count == 2
