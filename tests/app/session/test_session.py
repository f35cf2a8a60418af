"""Sessions: recording, undo and redo against direct application, replay to the bit."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    Blend,
    Edit,
    MoveTarget,
    ReturnTo,
    SetHalfLayers,
    StartFromLatent,
    StartFromSeed,
    Steps,
    Unit,
    apply_edit,
    set_mask_edit,
    set_params_edit,
    start_from_latent,
    start_latent,
)
from app.session.logged_unit import LoggedUnit
from app.session.painted_mask import decode_painted_mask, encode_painted_mask, movable_region
from app.session.replay import replay
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.half_precision import HalfPrecision
from tests.app.edited_sessions import MIXED, fingerprint, half_mask, perform, state_of
from tests.app.tiny import SIZE, tiny_generator


def test_undo_and_redo_of_twenty_mixed_edits_equal_direct_application() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    states = perform(session, MIXED)
    assert len(set(states)) == len(states), "every unit must change something, or the test shows nothing"
    for i in range(len(MIXED), 0, -1):
        assert session.undo_label == MIXED[i - 1][0]
        assert session.undo() == MIXED[i - 1][0]
        assert state_of(session) == states[i - 1]
    assert session.undo() is None
    for i, (label, _) in enumerate(MIXED):
        assert session.redo() == label
        assert state_of(session) == states[i + 1]
    assert session.redo() is None

    direct = DragSession(tiny_generator(), tiny_generator().sample(3))
    for _, edits in MIXED:
        for edit in edits:
            apply_edit(direct, edit)
    direct.set_params(set_params_edit(direct.params, tiny_generator()).params)  # as a session would have
    assert fingerprint(direct) == (*state_of(session)[:-1], None)


@pytest.mark.parametrize("unit_count", [0, 4, 11, len(MIXED)])
def test_replay_is_identical_to_the_bit(unit_count: int) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:unit_count])
    again = replay(session.document(), tiny_generator())
    assert state_of(again) == state_of(session)
    assert again.document().edits == session.document().edits
    assert again.undo_label == session.undo_label
    np.testing.assert_array_equal(again.start, session.start)


def test_steps_after_an_undo_replay_to_the_bit() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:4])
    session.undo()
    session.begin("drag elsewhere")
    session.apply(MoveTarget(0, (3, 3)))
    for _ in range(4):
        session.step()
    session.undo()
    session.redo()
    session.step()
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


operations = st.lists(
    st.one_of(
        st.sampled_from(["undo", "redo", "cancel", "step", "begin"]),
        st.tuples(st.just("target"), st.floats(-40, 70), st.floats(-40, 70)),
        st.tuples(st.just("handle"), st.floats(0, SIZE - 1), st.floats(0, SIZE - 1)),
        st.tuples(st.just("mask"), st.integers(0, 2)),
        st.tuples(st.just("seed"), st.integers(0, 9)),
    ),
    max_size=24,
)


@settings(max_examples=25, deadline=None)
@given(operations)
def test_whatever_is_done_the_document_leads_to_the_same_state(done: list[object]) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(1))
    session.begin("place")
    session.apply(AddHandle(0, (8, 8), (20, 20)))
    for operation in done:
        match operation:
            case "undo":
                session.undo()
            case "redo":
                session.redo()
            case "cancel":
                before = session.redo_label
                assert session.cancel() is not None or session.redo_label == before
            case "begin":
                session.begin("unit")
            case "step" if session.session.handle_ids:
                session.step()
            case ("target", x, y) if session.session.handle_ids:
                session.apply(MoveTarget(session.session.handle_ids[0], (float(x), float(y))))
            case ("handle", x, y):
                new = max(session.session.handle_ids, default=-1) + 1
                session.apply(AddHandle(new, (float(x), float(y)), (4.0, 4.0)))
            case ("mask", value):
                session.apply(set_mask_edit(half_mask(int(value))))  # type: ignore[call-overload]
            case ("seed", seed):
                session.apply(StartFromSeed(int(seed)))  # type: ignore[call-overload]
            case _:
                pass
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_a_refused_edit_changes_and_records_nothing() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:2])
    session.undo()
    before, document = state_of(session), session.document()
    refused: list[Edit] = [
        AddHandle(9, (40, 3), (1, 1)),
        MoveTarget(77, (1, 1)),
        StartFromSeed(-1),
        StartFromSeed(1, 9.0),
        StartFromLatent("AAAA", 8, 10),
        StartFromLatent("?", 8, 10),
        StartFromLatent("", 3, 4),
    ]
    for edit in refused:
        with pytest.raises(EditError) as raised:
            session.apply(edit)
        assert "\n" not in str(raised.value)
    assert state_of(session) == before
    assert session.document() == document
    assert session.redo_label == "drag", "a refused edit must not cost what could be redone"


def test_a_latent_that_is_not_finite_is_refused_and_the_session_stays() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    before = state_of(session)
    latent = tiny_generator().sample(1)
    latent[2, 3] = float("nan")
    with pytest.raises(EditError, match="not finite"):
        session.apply(start_from_latent(latent))
    assert state_of(session) == before


def test_cancel_leaves_nothing_to_redo() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:1])
    before = state_of(session)
    session.begin("grab")
    assert session.cancel() is None
    session.apply(MoveTarget(0, (1, 1)))
    session.step()
    assert session.cancel() == "grab"
    assert state_of(session) == before
    assert session.redo() is None
    assert session.undo_label == "place"


def test_cancel_keeps_what_could_be_redone_before() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:3])
    done = state_of(session)
    session.undo()
    session.undo()
    for _ in range(2):
        session.begin("a click")
        session.apply(AddHandle(8, (8, 8), (20, 20)))
        assert session.redo_label is None
        assert session.cancel() == "a click"
        assert session.redo_label == MIXED[1][0]
    assert [session.redo(), session.redo(), session.redo()] == [MIXED[1][0], MIXED[2][0], None]
    assert state_of(session) == done


def test_moves_of_a_target_without_steps_between_are_one() -> None:
    unit = LoggedUnit("drag", 0, 0)
    for edit in (
        MoveTarget(0, (1, 1)),
        MoveTarget(1, (5, 5)),
        MoveTarget(0, (2, 2)),
        Steps(1),
        Steps(2),
        MoveTarget(0, (3, 3)),
    ):
        unit.append(edit)
    assert list(unit.edits) == [MoveTarget(0, (2, 2)), MoveTarget(1, (5, 5)), Steps(3), MoveTarget(0, (3, 3))]


def test_the_start_follows_new_seeds_and_undo() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    first = session.start
    session.begin("new seed")
    session.apply(StartFromSeed(8, 0.5))
    assert session.origin == StartFromSeed(8, 0.5)
    assert not np.array_equal(session.start, first)
    np.testing.assert_array_equal(session.start, session.session.image())
    session.undo()
    assert session.origin == StartFromSeed(3)
    np.testing.assert_array_equal(session.start, first)


def test_every_kind_of_edit_survives_json() -> None:
    latent = start_from_latent(tiny_generator().sample(5))
    kinds = [edit for _, edits in MIXED for edit in edits] + [
        latent,
        Blend(0, 3, 0.25),
        ReturnTo(2),
        Unit("drag", 1),
        SetHalfLayers.of(None),
        SetHalfLayers.of(HalfPrecision(excluded_rows=frozenset({8, 5}))),
    ]
    assert {type(edit) for edit in kinds} == set(Edit.__args__)
    for edit in kinds:
        assert msgspec.json.decode(msgspec.json.encode(edit), type=Edit) == edit
    assert torch.equal(start_latent(tiny_generator(), latent), tiny_generator().sample(5))


def test_painted_masks_survive_and_mean_what_they_show() -> None:
    painted = half_mask(2)
    painted[3, 4] = 0
    np.testing.assert_array_equal(decode_painted_mask(encode_painted_mask(painted), (SIZE, SIZE)), painted)
    assert movable_region(None) is None
    assert movable_region(np.zeros((4, 4), np.uint8)) is None
    region = movable_region(painted)
    assert region is not None
    np.testing.assert_array_equal(region, painted != 2)
    painted[20, 20] = 1
    region = movable_region(painted)
    assert region is not None
    assert region.sum() == 1
    with pytest.raises(EditError, match="needs 31x32"):
        decode_painted_mask(encode_painted_mask(painted), (31, 32))
    with pytest.raises(EditError, match="value 9"):
        decode_painted_mask(encode_painted_mask(np.full((SIZE, SIZE), 9, np.uint8)), (SIZE, SIZE))
