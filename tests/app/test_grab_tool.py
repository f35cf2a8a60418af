"""Grab and pull: what the left button means on the picture, with a null window and a fake worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import events
from app.app import App
from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    ClearHandles,
    MoveTarget,
    RemoveHandle,
)
from app.window_commands import Apply, Begin, Cancel, LetGo, Redo, SetRunning, Undo
from app.worker import DragWorker
from app.worker_frame import HandleFrame
from tests.app.awaited_frames import wait_for
from tests.app.fakes import make_app
from tests.app.hand import move, press, pull, release
from tests.app.tiny import tiny_generator


def test_a_grab_adds_a_handle_and_the_target_follows() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 25, 31)
    move(app, 40, 32)
    assert [type(edit) for edit in worker.edits] == [AddHandle, MoveTarget, MoveTarget]
    added, last = worker.edits[0], worker.edits[-1]
    assert isinstance(added, AddHandle)
    assert isinstance(last, MoveTarget)
    assert added.handle == pytest.approx((20, 30))
    assert last.target == pytest.approx((40, 32))
    assert worker.commands[-3] == SetRunning(True, hold=True, handle=0)
    assert not app.state.show_hint


def test_release_leaves_the_target_and_runs_on_until_arrived() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 32))
    assert worker.commands[-1] == SetRunning(True, hold=False, handle=0)
    assert app.state.held is None
    assert app.state.handles[0].target == pytest.approx((40, 32))


def test_a_click_without_a_pull_leaves_nothing() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    release(app, 20, 30)
    assert worker.commands[-1] == Cancel(quietly=True), "the status says what to do"
    assert app.state.status.text == "Hold the button and pull"


def test_escape_gives_the_picture_back() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 32)
    app.apply(events.CancelDrag())
    release(app, 40, 32)
    assert worker.commands[-1] == Cancel()
    assert app.state.held is None


def test_what_the_hand_does_can_be_undone_at_once() -> None:
    app, _, worker = make_app()
    worker.answer(undo_label=None, redo_label="new seed")
    app.frame()
    press(app, 20, 30)
    assert (app.state.undo_label, app.state.redo_label) == ("drag", None)
    move(app, 30, 30)
    late = len(worker.commands)
    move(app, 40, 30)
    worker.answer(until=late, undo_label=None, redo_label="new seed")
    app.frame()
    assert (app.state.undo_label, app.state.redo_label) == ("drag", None), "the worker is behind the hand"


def test_undo_in_the_middle_of_a_pull_ends_it_and_takes_it_back() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 32)
    app.apply(events.Undo())
    assert worker.commands[-2:] == [SetRunning(True, hold=False, handle=0), Undo()]
    sent = len(worker.commands)
    move(app, 50, 40)
    release(app, 50, 40)
    assert len(worker.commands) == sent, "the button that is still down holds nothing any more"


def test_undo_before_a_pull_gives_up_the_press_and_nothing_else() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 32))
    press(app, 10, 10)
    app.apply(events.Undo())
    assert worker.commands[-1] == Cancel()
    release(app, 10, 10)
    assert Undo() not in worker.commands
    app.apply(events.Undo())
    assert worker.commands[-1] == Undo()


@pytest.mark.parametrize("event", [events.RemoveHandle(), events.ClearHandles()])
def test_the_drag_holds_on_to_nothing_when_what_is_pulled_is_removed(event: events.DragEvent) -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 32))
    press(app, 10, 10, shift=True)
    move(app, 15, 10)
    app.apply(event)
    assert SetRunning(True, hold=False, handle=1) in worker.commands
    assert worker.edits[-1] == (RemoveHandle(1) if isinstance(event, events.RemoveHandle) else ClearHandles())
    sent = len(worker.commands)
    move(app, 20, 20)
    release(app, 20, 20)
    assert len(worker.commands) == sent


def test_a_handle_that_is_only_pressed_is_removed_by_giving_the_press_up() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    app.apply(events.RemoveHandle())
    assert worker.commands[-1] == Cancel()
    assert not any(isinstance(edit, RemoveHandle) for edit in worker.edits)


def test_a_pull_that_was_undone_can_be_done_again() -> None:
    app, _, sent = make_app()
    press(app, 20, 20)
    move(app, 26, 20)
    app.apply(events.Undo())
    worker = DragWorker(EditSession(tiny_generator()), thread_count=1)
    try:
        for command in sent.commands:
            sent_now = worker.submit(command)
            wait_for(worker, lambda f, n=sent_now: f.serial == n)
        undone = worker.document()
        last = worker.submit(Redo())
        frame = wait_for(worker, lambda f: f.serial == last)
    finally:
        worker.close()
    assert undone.now == 0
    assert [h.target for h in frame.handles] == [pytest.approx((26, 20))]
    assert worker.session.document().edits == undone.edits


def test_the_next_grab_lets_the_last_one_go_and_shift_keeps_it() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (30, 30))
    pull(app, (40, 40), (50, 40))
    assert LetGo(1) in worker.commands
    assert list(app.state.handles) == [1]
    pull(app, (10, 10), (15, 10), shift=True)
    assert list(app.state.handles) == [1, 2]
    assert LetGo(2) not in worker.commands


def test_a_grab_that_is_refused_leaves_the_last_one_where_it_is() -> None:
    """By the real worker: whether a handle can be placed is known there."""
    session = EditSession(tiny_generator())
    worker = DragWorker(session, thread_count=1)
    try:
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(1, (500.0, 10.0), (500.0, 10.0))))
        last = worker.submit(LetGo(1))
        frame = wait_for(worker, lambda f: f.serial == last)
        assert [handle.id for handle in frame.handles] == [0]
        worker.submit(Apply(AddHandle(2, (12.0, 12.0), (12.0, 12.0))))
        last = worker.submit(LetGo(2))
        frame = wait_for(worker, lambda f: f.serial == last)
        assert [handle.id for handle in frame.handles] == [2]
    finally:
        worker.close()


def test_the_last_handle_goes_only_where_the_new_one_came() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (30, 30))
    pull(app, (40, 40), (50, 40))
    added = worker.commands.index(Apply(AddHandle(1, (40, 40), (40, 40))))
    assert worker.commands[added + 1] == LetGo(1)
    # it was refused: the next grab replaces the one that is still there
    worker.answer(handles=(HandleFrame(0, (30, 30), (30, 30), 0.0, 0.9),), grabbed=0)
    app.frame()
    assert list(app.state.handles) == [0]
    pull(app, (10, 10), (15, 10))
    assert list(app.state.handles) == [2]
    assert LetGo(2) in worker.commands


def click(app: App, x: float, y: float) -> None:
    press(app, x, y)
    release(app, x, y)


def twice_at_the_same_place(app: App) -> None:
    click(app, 20, 20)
    click(app, 20, 20)


def twice_elsewhere(app: App) -> None:
    click(app, 20, 20)
    click(app, 26, 20)


def undone(app: App) -> None:
    pull(app, (20, 20), (22, 20))
    app.apply(events.Undo())


@pytest.mark.parametrize("meanwhile", [twice_at_the_same_place, twice_elsewhere, undone])
def test_a_hand_that_is_faster_than_the_worker_leaves_no_pin_and_no_error(
    meanwhile: Callable[[App], None],
) -> None:
    """No answer comes until the last pull: what was cancelled or undone is still on its way."""
    app, _, sent = make_app()
    pull(app, (10, 10), (12, 10))
    meanwhile(app)
    pull(app, (14, 24), (17, 24))
    worker = DragWorker(EditSession(tiny_generator()), thread_count=1)
    for command in sent.commands:
        worker.submit(command)
    worker.close()
    assert worker.session.session.handle_ids == (max(app.state.handles),)
    assert worker.unsaid_failures == ()


def test_the_handles_of_before_are_shown_as_soon_as_a_grab_is_given_up() -> None:
    app, _, _ = make_app()
    pull(app, (20, 30), (30, 30))
    before = dict(app.state.handles)
    press(app, 50, 50)
    assert list(app.state.handles) == [1]
    release(app, 50, 50)
    assert app.state.handles == before
    press(app, 50, 50)
    assert app.state.held == (2, "target"), "what was given up cannot be taken hold of"


@pytest.mark.parametrize("give_up", ["click", "escape"])
def test_a_grab_that_was_given_up_leaves_the_last_one_unpinned(give_up: str) -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (30, 30))
    press(app, 50, 50)
    if give_up == "escape":
        app.apply(events.CancelDrag())
    release(app, 50, 50)
    worker.answer(
        handles=(HandleFrame(0, (30, 30), (30, 30), 0.0, 0.9),), grabbed=0
    )  # what Cancel brought back
    app.frame()
    assert list(app.state.handles) == [0]
    pull(app, (40, 40), (50, 40))
    assert 0 not in app.state.handles


def test_a_press_on_a_target_takes_it_again() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    count = len(worker.edits)
    press(app, 40, 30)
    move(app, 45, 30)
    assert all(isinstance(edit, MoveTarget) for edit in worker.edits[count:])
    assert app.state.handles[0].target == pytest.approx((45, 30))


def test_a_press_beside_the_picture_does_nothing_but_say_so() -> None:
    app, _, worker = make_app()
    press(app, 80, 30)
    assert worker.commands == []
    assert "Press on the picture" in app.state.status.text


def test_a_target_may_leave_the_picture() -> None:
    app, _, _ = make_app()
    pull(app, (20, 30), (90, -12))
    assert app.state.handles[0].target == pytest.approx((90, -12))
