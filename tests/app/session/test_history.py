"""Earlier pictures: looked at, returned to, marked, blended; exact however little is kept."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    Blend,
    MoveTarget,
    ReturnTo,
    SetParams,
    StartFromSeed,
    Steps,
    set_mask_edit,
)
from app.session.kept_states import KeptStatesParams
from app.session.replay import replay, replaying
from gan.drag_params import DragParams
from gan.errors import EditError
from tests.app.edited_sessions import MIXED, half_mask, perform, state_of
from tests.app.tiny import tiny_generator

LITTLE = KeptStatesParams(budget_bytes=1, recent_count=3)  # nothing but the first and the last few


def recorded(kept: KeptStatesParams | None = None) -> tuple[EditSession, list[tuple[object, ...]]]:
    """A session of mixed edits, and its state at every position."""
    session = EditSession(tiny_generator(), StartFromSeed(3), kept=kept)
    states = [state_of(session)]
    for label, edits in MIXED:
        session.begin(label)
        for edit in edits:
            for part in [Steps(1)] * edit.count if isinstance(edit, Steps) else [edit]:
                count = session.position_count
                session.apply(part)
                if session.position_count > count:
                    states.append(state_of(session))
    return session, states


@pytest.mark.parametrize("kept", [None, LITTLE])
def test_every_earlier_picture_can_be_returned_to_exactly(kept: KeptStatesParams | None) -> None:
    session, states = recorded(kept)
    assert session.position_count == len(states)
    for position in [5, 0, 13, 7, len(states) - 2, 1]:
        session.return_to(position)
        assert session.position == position
        assert state_of(session) == states[position]
    again = replay(session.document(), tiny_generator())
    assert state_of(again) == states[1]
    assert again.position == 1


def test_little_memory_is_little_memory() -> None:
    much, _ = recorded()
    little, _ = recorded(LITTLE)
    assert 0 < little.kept_bytes < much.kept_bytes / 5


def test_looking_changes_nothing() -> None:
    session, _ = recorded(LITTLE)
    before, document = state_of(session), session.document()
    latents = [session.latent_at(position) for position in range(session.position_count)]
    assert len({latent.numpy().tobytes() for latent in latents}) > len(latents) * 3 // 4
    assert state_of(session) == before
    assert session.document() == document


def test_a_return_is_undone_like_any_edit_and_steps_go_on_from_there() -> None:
    session, states = recorded()
    end = state_of(session)
    session.begin("drag")
    session.return_to(4)
    session.step()
    assert session.undo_label == "drag"
    branch = state_of(session)
    assert session.undo() == "drag"
    assert state_of(session) == states[4]
    assert session.undo() == "back to picture 4"
    assert state_of(session) == end
    session.redo()
    session.redo()
    assert state_of(session) == branch
    assert state_of(replay(session.document(), tiny_generator())) == branch


def test_what_a_new_edit_leaves_behind_can_still_be_returned_to() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    states = perform(session, MIXED[:2])
    lost, position = states[-1], session.position
    session.undo()
    session.begin("other way")
    session.apply(MoveTarget(0, (2, 2)))
    session.apply(Steps(2))
    assert session.redo_label is None
    opened = replay(session.document(), tiny_generator())
    assert state_of(opened) == state_of(session)
    assert opened.undo_label == "other way"
    for one in (session, opened):
        one.return_to(position)
        assert state_of(one) == lost


def test_a_session_left_after_an_undo_opens_there() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    states = perform(session, MIXED[:5])
    session.undo()
    session.undo()
    opened = replay(session.document(), tiny_generator())
    assert state_of(opened) == states[3]
    assert opened.undo_label == MIXED[2][0]
    assert opened.position_count == session.position_count


def test_opening_does_only_what_leads_to_the_end() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:2])
    session.undo()
    perform(session, [("drag", [MoveTarget(0, (1, 1)), Steps(2)])])
    steps: list[int] = []
    document = session.document()
    replay(document, tiny_generator(), on_step=lambda one, _: steps.append(one.position))
    assert len(steps) == document.step_count() == 2
    assert steps == [4, 5], "the three steps that were undone come before them"


def test_blending_two_bookmarks() -> None:
    session, _ = recorded()
    session.bookmarks.add("open", 3)
    session.bookmarks.add("closed")
    first, second = session.latent_at(3), session.session.w_plus
    position = session.bookmarks.position_of("closed")
    before = state_of(session)
    session.begin("blend")
    for share in (0.2, 0.9, 0.5):
        session.apply(Blend(3, position, share))
    assert torch.allclose(session.session.w_plus, (first + second) / 2, atol=1e-6)
    assert session.position == position + 1, "a slider's way is one picture"
    blended = state_of(session)
    assert state_of(replay(session.document(), tiny_generator())) == blended
    assert session.undo() == "blend"
    assert state_of(session) == before
    for share, expected in ((0.0, first), (1.0, second)):
        session.apply(Blend(3, position, share))
        assert torch.equal(session.session.w_plus, expected)


def test_bookmarks_survive_undo_and_the_file() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:2])
    session.bookmarks.add("smile")
    smile = state_of(session)
    session.undo()
    session.undo()
    perform(session, MIXED[:1])
    opened = replay(session.document(), tiny_generator())
    assert [(b.name, b.position) for b in opened.bookmarks] == [("smile", 3)]
    opened.bookmarks.rename("smile", "grin")
    opened.return_to(opened.bookmarks.position_of("grin"))
    assert state_of(opened) == smile
    opened.bookmarks.remove("grin")
    assert not list(opened.bookmarks)


def test_a_bookmark_holds_on_to_its_picture_while_a_slider_moves_on() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    session.begin("psi")
    session.apply(StartFromSeed(3, 0.5))
    session.bookmarks.add("half")
    marked = session.session.w_plus
    session.apply(StartFromSeed(3, 0.9))
    assert torch.equal(session.latent_at(session.bookmarks.position_of("half")), marked)


def test_a_cancelled_drag_with_a_bookmark_in_it_is_not_lost() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    perform(session, MIXED[:1])
    before = state_of(session)
    session.begin("grab")
    session.apply(Steps(2))
    session.bookmarks.add("keep")
    marked = state_of(session)
    session.step()
    assert session.cancel() == "grab"
    assert state_of(session) == before
    assert session.redo() is None
    session.return_to(session.bookmarks.position_of("keep"))
    assert state_of(session) == marked


@pytest.mark.parametrize(
    ("name", "message"), [("", "1 to 60"), ("  ", "1 to 60"), ("x" * 61, "1 to 60"), ("a", "another")]
)
def test_names_that_are_refused(name: str, message: str) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    session.bookmarks.add("a")
    with pytest.raises(EditError, match=message):
        session.bookmarks.add(name)
    with pytest.raises(EditError, match="no bookmark 'b'"):
        session.bookmarks.remove("b")


def test_pictures_that_are_not_there_are_refused() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    before = session.document()
    for edit in (ReturnTo(1), Blend(0, 7, 0.5)):
        with pytest.raises(EditError, match="there are 0 to 0"):
            session.apply(edit)
    assert session.document() == before


def test_twenty_masks_cost_no_map_of_features_each() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    session.apply(AddHandle(0, (8, 8), (20, 20)))
    states = [state_of(session)]
    for i in range(20):
        painted = half_mask(2)
        painted[: i + 1, :3] = 1
        session.begin("paint")
        session.apply(set_mask_edit(painted))
        session.begin("drag")
        session.apply(Steps(1))
        states.append(state_of(session))
    for i in range(20, 0, -1):
        assert state_of(session) == states[i]
        session.undo()
        session.undo()
    assert state_of(session) == states[0]


def test_a_recording_sees_every_picture_with_its_points() -> None:
    session, states = recorded()
    seen = [(one.position, state_of(one)) for one, _ in replaying(session.document(), tiny_generator())]
    assert seen[0] == (0, states[0])
    for position in range(1, len(states)):
        assert (position, states[position]) in seen


walks = st.lists(
    st.one_of(
        st.sampled_from(["undo", "redo", "cancel", "step", "step", "step", "begin", "mark", "params"]),
        st.tuples(st.just("target"), st.floats(-10, 40), st.floats(-10, 40)),
        st.tuples(st.just("mask"), st.integers(0, 2)),
        st.tuples(st.just("seed"), st.integers(0, 9)),
        st.tuples(st.just("return"), st.integers(0, 30)),
        st.tuples(st.just("blend"), st.integers(0, 30), st.integers(0, 30)),
    ),
    max_size=24,
)


@settings(max_examples=40, deadline=None)
@given(walks, st.sampled_from([None, LITTLE]))
def test_wherever_one_goes_the_file_leads_there_and_every_picture_stays(
    done: list[object], kept: KeptStatesParams | None
) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(1), kept=kept)
    session.begin("place")
    session.apply(AddHandle(0, (8, 8), (20, 20)))
    marks: dict[str, bytes] = {}
    for operation in done:
        match operation:
            case "undo":
                session.undo()
            case "redo":
                session.redo()
            case "cancel":
                session.cancel()
            case "begin":
                session.begin("unit")
            case "mark":
                name = session.bookmarks.free_name()
                session.bookmarks.add(name)
                marks[name] = session.session.w_plus.numpy().tobytes()
            case "params":
                session.apply(SetParams(DragParams.paper()))
            case "step" if session.session.handle_ids:
                session.step()
            case ("target", x, y) if session.session.handle_ids:
                session.apply(MoveTarget(session.session.handle_ids[0], (float(x), float(y))))
            case ("mask", value):
                session.apply(set_mask_edit(half_mask(int(value))))  # type: ignore[call-overload]
            case ("seed", seed):
                session.apply(StartFromSeed(int(seed)))  # type: ignore[call-overload]
            case ("return", position):
                session.return_to(int(position) % session.position_count)  # type: ignore[call-overload]
            case ("blend", first, second):
                count = session.position_count
                session.apply(Blend(int(first) % count, int(second) % count, 0.3))  # type: ignore[call-overload]
            case _:
                pass
        assert session.log.position_at(session.log.end_of(session.log.now)) == session.position
    opened = replay(session.document(), tiny_generator(), None)
    assert state_of(opened) == state_of(session)
    assert (opened.position, opened.position_count) == (session.position, session.position_count)
    for name, latent in marks.items():
        for one in (session, opened):
            assert one.latent_at(one.bookmarks.position_of(name)).numpy().tobytes() == latent
