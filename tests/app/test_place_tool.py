"""Place and run: handles and targets by clicks, moved by dragging them."""

from __future__ import annotations

import pytest

from app import events
from app.session.edits import (
    MoveHandle,
    MoveTarget,
    RemoveHandle,
)
from app.window_commands import SetRunning, Undo
from tests.app.fakes import make_app
from tests.app.hand import begun, move, press, pull, release


def test_two_clicks_place_a_handle_and_its_target_and_space_runs() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    for at in ((20, 30), (40, 32)):
        press(app, *at)
        release(app, *at)
    assert begun(worker) == ["place handle"]
    view = app.state.handles[0]
    assert view.handle == pytest.approx((20, 30))
    assert view.target == pytest.approx((40, 32))
    assert not app.state.running
    app.apply(events.ToggleRun())
    assert worker.commands[-1] == SetRunning(True, hold=False)
    assert begun(worker) == ["place handle", "drag"], "undo takes back the run alone"
    app.apply(events.ToggleRun())
    assert worker.commands[-1] == SetRunning(False)


def test_undo_takes_a_point_that_waits_for_its_target_and_nothing_else() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    for at in ((20, 30), (40, 32), (10, 10)):
        press(app, *at)
        release(app, *at)
    app.apply(events.Undo())
    assert app.state.pending_handle is None
    assert Undo() not in worker.commands
    app.apply(events.Undo())
    assert worker.commands[-1] == Undo()


@pytest.mark.parametrize("event", [events.CancelDrag(), events.Undo()])
def test_a_point_that_is_given_up_while_the_picture_is_moved_does_not_tie_it_to_the_mouse(
    event: events.DragEvent,
) -> None:
    app, _, _ = make_app()
    app.apply(events.ChooseTool("place"))
    press(app, 20, 30)
    release(app, 20, 30)
    app.apply(events.PointerPressed(100, 100, "middle"))
    app.apply(event)
    assert app.state.pending_handle is None
    app.apply(events.PointerMoved(110, 100))
    app.apply(events.PointerReleased(110, 100, "middle"))
    moved = app.state.viewport
    app.apply(events.PointerMoved(150, 100))
    assert app.state.viewport == moved


def test_handle_equal_to_target_is_refused() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    for at in ((20, 30), (20.1, 30)):
        press(app, *at)
        release(app, *at)
    assert worker.commands == []
    assert "same point" in app.state.status.text


def test_dragging_a_placed_handle_is_one_edit_inside_the_picture() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    for at in ((20, 30), (40, 32)):
        press(app, *at)
        release(app, *at)
    pull(app, (20, 30), (-7, 25))
    moves = [edit for edit in worker.edits if isinstance(edit, MoveHandle)]
    assert len(moves) == 1
    assert moves[0].handle == pytest.approx((0, 25))
    assert begun(worker)[-1] == "move handle"


def test_a_placed_target_moves_live() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    for at in ((20, 30), (40, 32)):
        press(app, *at)
        release(app, *at)
    pull(app, (40, 32), (44, 36))
    assert isinstance(worker.edits[-1], MoveTarget)
    assert begun(worker)[-1] == "move target"


def test_right_click_and_delete_remove() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    press(app, 20, 30, "right")
    release(app, 20, 30, "right")
    assert worker.edits[-1] == RemoveHandle(0)
    pull(app, (20, 30), (40, 30))
    move(app, 20, 30)
    app.apply(events.RemoveHandle())
    assert app.state.handles == {}


def test_start_without_handles_says_what_to_do() -> None:
    app, _, worker = make_app()
    app.apply(events.ToggleRun())
    assert worker.commands == []
    assert "No handles yet" in app.state.status.text
