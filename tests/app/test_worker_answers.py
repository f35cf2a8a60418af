"""What the worker answers, taken into the state without overwriting what the hand did since."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import events
from app.picture_scene import scene_of
from app.session.edits import SetMask
from app.session.painted_mask import FIXED, PaintedMask, decode_painted_mask
from app.state import HandleView
from app.window_commands import Undo
from app.worker_frame import HandleFrame, Message
from tests.app.fakes import make_app
from tests.app.hand import move, press, pull, release


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


def test_a_stroke_that_is_being_painted_stays_when_the_one_before_is_answered() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("fixed"))
    pull(app, (20, 30), (40, 30))
    press(app, 10, 50)
    move(app, 30, 50)
    answered = np.zeros((64, 64), np.uint8)
    answered[30, 20:41] = FIXED
    worker.answer(painted_mask=answered)
    app.frame()
    move(app, 50, 50)
    release(app, 50, 50)
    sent = worker.edits[-1]
    assert isinstance(sent, SetMask)
    assert sent.png is not None
    mask = decode_painted_mask(sent.png, (64, 64))
    assert (mask[50, 10:51] == FIXED).all()
    assert (mask[30, 20:41] == FIXED).all()


@pytest.mark.parametrize("before", [None, np.eye(64, dtype=np.uint8)], ids=["no mask", "a mask"])
def test_a_stroke_that_is_refused_is_not_shown_as_if_it_held(before: PaintedMask | None) -> None:
    app, ui, worker = make_app()
    worker.answer(painted_mask=before)
    app.frame()
    app.apply(events.ChooseTool("fixed"))
    pull(app, (20, 30), (40, 30))
    assert app.state.mask_painted
    worker.answer(painted_mask=before, messages=(Message("Gave up: going back"),))
    app.frame()
    app.frame()
    assert app.state.mask_painted == (before is not None)
    assert ui.compositor.mask is not None
    assert np.array_equal(ui.compositor.mask, np.zeros((64, 64)) if before is None else before)


def test_a_failure_reaches_the_status_line() -> None:
    app, _, worker = make_app()
    worker.answer(messages=(Message("A step gave values that are not finite", failed=True),))
    app.frame()
    assert app.state.status.tone == "error"
    assert "not finite" in app.state.status.text


@pytest.mark.parametrize(
    ("handle", "stalled", "words"),
    [
        (HandleFrame(0, (10, 10), (90, 10), 80.0, 0.9), False, "outside the picture"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.1), False, "little texture"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.1, was_sure=True), False, "has lost what it held"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.9), True, "no more progress"),
        (HandleFrame(0, (10, 10), (30, 10), 20.0, 0.9), False, "20.0 px to go"),
    ],
)
def test_the_status_says_why(handle: HandleFrame, stalled: bool, words: str) -> None:
    app, _, worker = make_app()
    worker.answer(handles=(handle,), stalled=stalled, losses=(0.5,), iteration=1, running=True)
    app.frame()
    assert words in app.state.status.text


def test_a_handle_as_near_as_the_drag_asks_for_waits_for_nothing() -> None:
    """Two px on a picture of 1024: it is drawn as arrived, and not what a drag that goes on complains of."""
    app, _, worker = make_app()
    near, lost = (HandleFrame(i, (10, 10 + 9 * i), (11.5, 10 + 9 * i), 1.5, 0.9 - 0.8 * i) for i in range(2))
    far = HandleFrame(2, (40, 10), (50, 10), 10.0, 0.9)
    told = {"handles": (near, lost, far), "losses": (0.5,), "iteration": 1, "running": True}
    markers: dict[float, list[str]] = {}
    for stop_px, words in ((1.0, "Tracking of handle 2 is unsure"), (2.0, "10.0 px to go")):
        worker.answer(stop_px=stop_px, **told)
        app.frame()
        assert words in app.state.status.text
        markers[stop_px] = [marker.state for marker in scene_of(app.state).markers]
    assert markers == {1.0: ["idle", "lost", "idle"], 2.0: ["done", "lost", "idle"]}


def test_the_way_that_is_told_is_that_of_the_hand_by_now() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 25, 30)
    late = len(worker.commands)
    frame = replace(worker.answer(until=late), losses=(0.5,), iteration=1, running=True)
    move(app, 40, 30)
    worker.publish(replace(frame, handles=(HandleFrame(0, (22, 30), (25, 30), 3.0, 0.9),)))
    app.frame()
    assert app.state.status.text == "Dragging: 18.0 px to go"


def test_a_hand_that_holds_still_hears_that_the_point_is_there_and_how_far_it_is_when_it_moves_on() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    arrived = "Arrived: every handle is at its target"

    def answer(x: float, target: float, *losses: float, done: bool = False) -> str:
        view = HandleFrame(0, (x, 30), (target, 30), target - x, 0.9)
        worker.answer(handles=(view,), losses=losses, iteration=1, running=True, done=done)
        app.frame()
        return app.state.status.text

    assert answer(38.5, 40, 0.5) == "Dragging: 1.5 px to go"
    assert answer(39.5, 40, 0.4, done=True) == arrived
    assert answer(39.5, 40, done=True) == arrived
    move(app, 45, 30)
    assert answer(39.5, 45) == "Dragging: 5.5 px to go", "before the next step"
    assert answer(41.5, 45, 0.6) == "Dragging: 3.5 px to go"
    assert answer(44.5, 45, 0.4, done=True) == arrived
    release(app, 45, 30)
    assert answer(44.5, 45, done=True) == arrived


def test_a_hand_that_moves_on_is_told_the_way_though_the_steps_do_not_know_yet() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    late = len(worker.commands)
    near = HandleFrame(0, (39.5, 30), (40, 30), 0.5, 0.9)
    done = {"handles": (near,), "iteration": 1, "running": True, "done": True}
    worker.answer(losses=(0.4,), **done)
    app.frame()
    move(app, 50, 30)
    worker.answer(until=late, **done)
    app.frame()
    assert app.state.status.text == "Dragging: 10.5 px to go"


def test_a_warning_goes_when_the_point_that_is_held_arrives_after_all() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    unsure = HandleFrame(0, (35, 30), (40, 30), 5.0, 0.1)
    worker.answer(handles=(unsure,), losses=(0.5,), iteration=1, running=True)
    app.frame()
    assert app.state.status.tone == "warning"
    there = HandleFrame(0, (39.5, 30), (40, 30), 0.5, 0.9)
    worker.answer(handles=(there,), losses=(0.4,), iteration=2, running=True, done=True)
    app.frame()
    assert app.state.status.text.startswith("Arrived")


def test_a_hand_that_comes_back_to_a_handle_that_stalled_is_told_that_it_is_there() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    stuck = HandleFrame(0, (30, 30), (40, 30), 10.0, 0.9)
    worker.answer(handles=(stuck,), losses=(0.5,), iteration=1, running=True, stalled=True)
    app.frame()
    assert "no more progress" in app.state.status.text
    move(app, 30, 30)
    worker.answer(handles=(replace(stuck, target=(30, 30), distance_px=0.0),), running=True, done=True)
    app.frame()
    assert app.state.status.text.startswith("Arrived")


def test_a_hand_that_has_only_pressed_is_not_told_that_the_point_is_there() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    said = app.state.status
    worker.answer(handles=(HandleFrame(0, (20, 30), (20, 30), 0.0),), running=True, done=True)
    app.frame()
    assert app.state.status == said
    assert said.text.startswith("Pull")


def test_a_hand_at_the_target_is_told_that_the_handle_holds_nothing() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    lost = HandleFrame(0, (39.5, 30), (40, 30), 0.5, 0.02)
    worker.answer(handles=(lost,), losses=(0.4,), iteration=1, running=True, done=True)
    app.frame()
    assert app.state.status.tone == "warning"
    assert "its tracking is unsure" in app.state.status.text


@pytest.mark.parametrize(("was_sure", "why"), [(False, "its tracking is unsure"), (True, "what it held has")])
def test_a_handle_that_nothing_holds_does_not_arrive_in_silence(was_sure: bool, why: str) -> None:
    app, _, worker = make_app()
    lost = HandleFrame(7, (30, 10), (30, 10), 0.0, 0.02, was_sure)
    worker.answer(handles=(lost,), losses=(0.5,), iteration=1, done=True)
    app.frame()
    assert app.state.status.tone == "warning"
    assert f"Handle 1 is at its target, but {why}" in app.state.status.text


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
    worker.answer(losses=(), iteration=40)  # redo
    app.frame()
    assert app.state.losses == [], "the last known loss is of another step"
