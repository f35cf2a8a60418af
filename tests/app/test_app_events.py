"""Events -> state and edits, with a null window and a fake worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import events
from app.app import App
from app.session.autosave import UNFINISHED
from app.session.edits import (
    AddHandle,
    MoveHandle,
    MoveTarget,
    RemoveHandle,
    SetMask,
    SetParams,
    StartFromSeed,
)
from app.state import HandleView
from app.worker_messages import Begin, Cancel, HandleFrame, OpenSession, Redo, SetRunning, Undo
from gan.drag_params import DragParams
from tests.app.fakes import FakeWorker, make_app


def press(app: App, x: float, y: float, button: events.Button = "left", shift: bool = False) -> None:
    app.apply(events.PointerMoved(*app.state.viewport.to_canvas(x, y)))
    app.apply(events.PointerPressed(*app.state.viewport.to_canvas(x, y), button, shift))


def move(app: App, x: float, y: float) -> None:
    app.apply(events.PointerMoved(*app.state.viewport.to_canvas(x, y)))


def release(app: App, x: float, y: float, button: events.Button = "left") -> None:
    app.apply(events.PointerReleased(*app.state.viewport.to_canvas(x, y), button))


def pull(app: App, start: tuple[float, float], end: tuple[float, float], shift: bool = False) -> None:
    press(app, *start, shift=shift)
    move(app, *end)
    release(app, *end)


def begun(worker: FakeWorker) -> list[str]:
    return [command.label for command in worker.commands if isinstance(command, Begin)]


# grab and pull


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
    assert worker.commands[-3] == SetRunning(True, hold=True)
    assert not app.state.show_hint


def test_release_leaves_the_target_and_runs_on_until_arrived() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 32))
    assert worker.commands[-1] == SetRunning(True, hold=False)
    assert app.state.held is None
    assert app.state.handles[0].target == pytest.approx((40, 32))


def test_a_click_without_a_pull_leaves_nothing() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    release(app, 20, 30)
    assert worker.commands[-1] == Cancel()


def test_escape_gives_the_picture_back() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 32)
    app.apply(events.CancelDrag())
    release(app, 40, 32)
    assert worker.commands[-1] == Cancel()
    assert app.state.held is None


def test_the_next_grab_lets_the_last_one_go_and_shift_keeps_it() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (30, 30))
    pull(app, (40, 40), (50, 40))
    assert RemoveHandle(0) in worker.edits
    assert list(app.state.handles) == [1]
    pull(app, (10, 10), (15, 10), shift=True)
    assert list(app.state.handles) == [1, 2]


@pytest.mark.parametrize("give_up", ["click", "escape"])
def test_a_grab_that_was_given_up_leaves_the_last_one_unpinned(give_up: str) -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (30, 30))
    press(app, 50, 50)
    if give_up == "escape":
        app.apply(events.CancelDrag())
    release(app, 50, 50)
    worker.answer(handles=(HandleFrame(0, (30, 30), (30, 30), 0.0, 0.9),))  # what Cancel brought back
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


# place and run


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
    app.apply(events.ToggleRun())
    assert worker.commands[-1] == SetRunning(False)


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


# the worker's answers


def test_a_late_answer_moves_handles_but_not_what_the_hand_did_since() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 25, 30)
    late = len(worker.commands)
    move(app, 40, 30)
    frame = worker.answer(until=late)
    worker.publish(replace(frame, handles=(HandleFrame(0, (22, 30), (25, 30), 3.0, 0.9),)))
    app.frame()
    assert app.state.handles[0] == HandleView(0, (22, 30), (40, 30), 0.9)


def test_an_answer_to_everything_is_taken_whole() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    worker.answer(handles=(), undo_label="new seed", seed=7, running=False)
    app.frame()
    assert app.state.handles == {}
    assert app.state.seed == 7
    assert app.state.undo_label == "new seed"


def test_undo_brings_the_mask_back() -> None:
    app, ui, worker = make_app()
    app.apply(events.ChooseTool("fixed"))
    pull(app, (20, 30), (40, 30))
    assert isinstance(worker.edits[-1], SetMask)
    app.apply(events.Undo())
    assert worker.commands[-1] == Undo()
    before = np.zeros((64, 64), np.uint8)
    before[5, 5] = 1
    worker.answer(painted_mask=before)
    app.frame()
    app.frame()
    assert ui.compositor.mask is not None
    assert np.argwhere(ui.compositor.mask).tolist() == [[5, 5]]


def test_a_failure_reaches_the_status_line() -> None:
    app, _, worker = make_app()
    worker.answer(message="A step gave values that are not finite", failed=True)
    app.frame()
    assert app.state.status.tone == "error"
    assert "not finite" in app.state.status.text


@pytest.mark.parametrize(
    ("handle", "stalled", "words"),
    [
        (HandleFrame(0, (10, 10), (90, 10), 80.0, 0.9), False, "outside the picture"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.1), False, "little texture"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.9), True, "no more progress"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.9), False, "20.0 px to go"),
    ],
)
def test_the_status_says_why(handle: HandleFrame, stalled: bool, words: str) -> None:
    app, _, worker = make_app()
    worker.answer(handles=(handle,), stalled=stalled, losses=(0.5,), iteration=1, running=True)
    app.frame()
    assert words in app.state.status.text


def test_a_handle_that_nothing_holds_does_not_arrive_in_silence() -> None:
    app, _, worker = make_app()
    lost = HandleFrame(7, (30, 10), (30, 10), 0.0, 0.02)
    worker.answer(handles=(lost,), losses=(0.5,), iteration=1, done=True)
    app.frame()
    assert app.state.status.tone == "warning"
    assert "Handle 1 is at its target, but" in app.state.status.text


def test_handles_are_listed_in_the_order_of_the_drag() -> None:
    app, _, worker = make_app()
    frames = [HandleFrame(i, (10, 10), (20, 10), 10.0) for i in range(3)]
    worker.answer(handles=(frames[0], frames[2]))
    app.frame()
    worker.answer(handles=tuple(frames))
    app.frame()
    assert list(app.state.handles) == [0, 1, 2]


def test_a_late_step_does_not_say_dragging_after_stop() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    late = len(worker.commands)
    app.apply(events.ToggleRun())
    worker.answer(until=late, losses=(0.5,), iteration=1, running=True)
    app.frame()
    worker.answer(running=False)
    app.frame()
    assert app.state.status.text == "Stopped"


def test_the_loss_curve_goes_back_with_the_steps() -> None:
    app, _, worker = make_app()
    worker.answer(losses=(0.5, 0.4, 0.3), iteration=3)
    app.frame()
    app.apply(events.Undo())
    worker.answer(iteration=1)
    app.frame()
    assert app.state.losses == [0.5]


# frame


def test_an_unchanged_frame_is_not_composed_again() -> None:
    app, ui, worker = make_app()
    count = len(ui.compositor.scenes)
    assert count == 1
    app.frame()
    app.frame()
    assert len(ui.compositor.scenes) == count
    ui.events.append(events.PointerMoved(100, 100))
    app.frame()
    assert len(ui.compositor.scenes) == count  # the cursor is the system's; nothing drawn depends on it
    worker.answer(picture=np.ones((64, 64, 3), np.uint8))
    app.frame()
    assert len(ui.compositor.scenes) == count + 1


def test_the_brush_is_drawn_where_it_paints() -> None:
    app, ui, _ = make_app()
    app.apply(events.ChooseTool("movable"))
    app.apply(events.SetBrushRadius(3.0))
    move(app, 12.0, 40.0)
    app.frame()
    brush = ui.compositor.scenes[-1].brush
    assert brush is not None
    assert (brush.x, brush.y, brush.radius_px) == pytest.approx((12.0, 40.0, 3.0))


# seeds, sliders, masks, files


def test_a_new_seed_takes_the_handles_along() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    app.apply(events.SetSeed(12))
    assert worker.edits[-1] == StartFromSeed(12, 0.7)
    assert app.state.handles == {}
    app.apply(events.ChangeSeed(-1))
    assert worker.edits[-1] == StartFromSeed(11, 0.7)


def test_a_seed_out_of_range_is_refused_with_the_range() -> None:
    app, _, worker = make_app()
    app.apply(events.SetSeed(2**32))
    assert worker.edits == []
    assert "4294967295" in app.state.status.text


@pytest.mark.parametrize("text", ["99999999999", "-5", "4.5", "", "lion"])
def test_a_seed_typed_wrong_is_refused_and_named(text: str) -> None:
    app, _, worker = make_app()
    app.apply(events.TypeSeed(text))
    assert worker.edits == []
    assert app.state.status.tone == "error"
    assert text in app.state.status.text
    assert "4294967295" in app.state.status.text


def test_a_typed_seed_starts_its_picture_once() -> None:
    app, _, worker = make_app()
    app.apply(events.TypeSeed("4294967295"))
    app.apply(events.TypeSeed("4294967295"))
    assert worker.edits == [StartFromSeed(4294967295, 0.7)]


def test_moves_of_one_slider_are_one_unit() -> None:
    app, _, worker = make_app()
    for psi in (0.6, 0.5, 0.4):
        app.apply(events.SetPsi(psi))
    app.apply(events.SetParams(DragParams(learning_rate=0.001)))
    app.apply(events.SetParams(DragParams(learning_rate=0.003)))
    assert begun(worker) == ["truncation psi", "learning rate"]
    assert isinstance(worker.edits[-1], SetParams)


def test_psi_needs_a_seed() -> None:
    app, _, worker = make_app()
    app.state.seed = None
    app.apply(events.SetPsi(0.5))
    assert worker.edits == []
    assert "did not come from a seed" in app.state.status.text


def test_one_stroke_is_one_edit() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("movable"))
    press(app, 10, 10)
    for x in range(12, 40, 4):
        move(app, x, 10)
    release(app, 40, 10)
    assert [type(edit) for edit in worker.edits] == [SetMask]
    app.apply(events.InvertMask())
    app.apply(events.ClearMask())
    assert begun(worker) == ["paint mask", "invert mask", "clear mask"]
    assert worker.edits[-1] == SetMask(None)


def test_a_bad_mask_file_changes_nothing(tmp_path: Path) -> None:
    app, _, worker = make_app()
    app.apply(events.LoadMask(tmp_path / "none.png"))
    assert worker.edits == []
    assert app.state.status.tone == "error"


def test_the_brush_has_a_smallest_size() -> None:
    app, _, _ = make_app()
    for _ in range(60):
        app.apply(events.WheelTurned(10, 10, -1.0, ctrl=True))
    assert app.state.brush_radius_px == 0.5


def test_wheel_zooms_and_fit_goes_back() -> None:
    app, _, _ = make_app()
    app.apply(events.WheelTurned(100, 100, 2.0))
    assert app.state.viewport.scale > 10
    app.apply(events.FitView())
    assert app.state.viewport.fitted


def test_middle_drag_pans_whatever_the_tool() -> None:
    app, _, worker = make_app()
    app.apply(events.PointerPressed(100, 100, "middle"))
    app.apply(events.PointerMoved(130, 90))
    app.apply(events.PointerReleased(130, 90, "middle"))
    assert (app.state.viewport.offset_x, app.state.viewport.offset_y) == (30.0, -10.0)
    assert worker.commands == []


def test_redo_is_sent() -> None:
    app, _, worker = make_app()
    app.apply(events.Redo())
    assert worker.commands[-1] == Redo()


@pytest.mark.parametrize("resume", [True, False])
def test_an_unfinished_session_is_offered_once(tmp_path: Path, resume: bool) -> None:
    app, _, worker = make_app()
    left = tmp_path / f"20260101-1{UNFINISHED}"
    left.write_text("{}")
    app.state.unfinished = left
    app.apply(events.SettleUnfinished(resume))
    assert app.state.unfinished is None
    assert not left.exists()
    opened = [command.path for command in worker.commands if isinstance(command, OpenSession)]
    assert opened == ([tmp_path / "20260101-1.json"] if resume else [])


def test_nothing_is_edited_while_a_session_is_being_opened() -> None:
    app, _, worker = make_app()
    app.apply(events.OpenSession(Path("other.json")))
    sent = len(worker.commands)
    for event in (events.SetPsi(0.5), events.Undo(), events.SetSeed(3), events.ToggleRun()):
        app.apply(event)
    pull(app, (20, 30), (40, 30))
    assert len(worker.commands) == sent
    assert "other.json" in app.state.status.text
    app.apply(events.FitView())
    assert app.state.viewport.fitted
    worker.answer(seed=12)
    app.frame()
    app.apply(events.SetPsi(0.5))
    assert worker.edits == [StartFromSeed(12, 0.5)]
