"""How far the picture is pulled along, on fake time: towards the target, never past it, nothing at rest."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from app import events
from app.latency_hiding import HidingParams, LatencyHiding
from app.mailbox import Mailbox
from app.picture_scene import scene_of
from app.state import AppState, HandleView
from app.worker_frame import HandleFrame, WorkerFrame
from gan.drag_params import DragParams
from render.errors import RenderError
from render.scene import Warp
from tests.app.fakes import make_app

FRAME_S = 1 / 60
STEP_S = 0.1
PICTURE = np.zeros((512, 512, 3), np.uint8)
TARGET = (150.0, 100.0)


class Drag:
    """A drag of one handle on fake time, a picture with every `picture_every`-th step."""

    def __init__(self, px_per_step: float = 2.0, step_s: float = STEP_S, picture_every: int = 1) -> None:
        self.now = 0.0
        self.hiding = LatencyHiding(lambda: self.now)
        self.state = AppState(picture_size=(512, 512), model_name="fake")
        self.x = 100.0
        self.iteration = 0
        self.px_per_step, self.step_s, self.picture_every = px_per_step, step_s, picture_every
        self.next_step: float | None = None
        self.publish(picture=True)

    def run(self) -> None:
        self.state.running = True
        self.next_step = self.now + self.step_s

    def rest(self) -> None:
        """The drag stops; its newest picture is made."""
        self.state.running = False
        self.next_step = None
        self.publish(picture=True)

    def publish(self, picture: bool, **changes: object) -> tuple[Warp, ...]:
        handle = HandleFrame(0, (self.x, 100.0), TARGET, math.dist((self.x, 100.0), TARGET))
        self.state.set_handle(HandleView(0, handle.handle, handle.target))
        frame = WorkerFrame(
            serial=0,
            handles=(handle,),
            iteration=self.iteration,
            done=False,
            running=self.state.running,
            seed=0,
            truncation_psi=0.7,
            params=DragParams(),
            undo_label=None,
            redo_label=None,
            picture=PICTURE if picture else None,
            step_ms=self.step_s * 1000,
        )
        return self.hiding.warps(self.state, replace(frame, **changes))  # type: ignore[arg-type]

    def frame(self) -> tuple[Warp, ...]:
        """One frame of the window."""
        self.now += FRAME_S
        if self.next_step is None or self.now < self.next_step:
            return self.hiding.warps(self.state, None)
        self.next_step += self.step_s
        self.x = min(self.x + self.px_per_step, TARGET[0])
        self.iteration += 1
        return self.publish(picture=self.iteration % self.picture_every == 0)

    def frames(self, seconds: float) -> list[tuple[Warp, ...]]:
        return [self.frame() for _ in range(round(seconds / FRAME_S))]

    def shown_x(self, warps: tuple[Warp, ...]) -> float | None:
        return warps[0].to_px[0] if warps else None


def test_at_rest_nothing_is_pulled() -> None:
    drag = Drag()
    assert set(drag.frames(1.0)) == {()}


def test_the_picture_goes_on_between_two_pictures() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.0)
    shown = [drag.shown_x(warps) for warps in drag.frames(0.5)]
    moving = [x for x in shown if x is not None]
    assert len(moving) > 25
    steps = np.diff(moving)
    assert steps.min() > -0.2, "never visibly backwards"
    assert steps.max() < 1.0, "a step of 2 px is spread over its frames"
    assert moving[-1] - moving[0] == pytest.approx(2.0 * 0.5 / STEP_S, abs=2.0)


def test_pictures_that_lag_behind_their_handles_are_pulled_to_them() -> None:
    drag = Drag(px_per_step=1.0, step_s=0.03, picture_every=8)
    drag.run()
    drag.frames(0.8)
    for _ in range(30):
        warps = drag.frame()
        if warps:
            assert warps[0].from_px[0] == 100 + drag.iteration // 8 * 8
            assert abs(warps[0].to_px[0] - drag.x) < 1.6


def test_never_beyond_the_target_and_never_too_far() -> None:
    drag = Drag(px_per_step=7.0)
    drag.run()
    for warps in drag.frames(1.5):
        for warp in warps:
            assert warp.to_px[0] <= TARGET[0] + 1e-9
            assert math.dist(warp.from_px, warp.to_px) <= HidingParams().longest_share * 512 + 1e-9
            assert warp.radius_px == pytest.approx(HidingParams().radius_share * 512)


def test_a_target_that_comes_nearer_pulls_no_further() -> None:
    drag = Drag()
    drag.run()
    drag.frames(0.55)
    drag.state.move_target(0, (drag.x + 0.3, 100.0))
    for _ in range(5):
        for warp in drag.hiding.warps(drag.state, None):
            assert warp.to_px[0] <= drag.x + 0.3 + 1e-9


def test_a_worker_that_takes_very_long_is_not_run_away_from() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.0)
    drag.next_step = math.inf
    for warps in drag.frames(3.0):
        assert all(warp.to_px[0] <= drag.x + 2 * 2.0 + 0.1 for warp in warps)


def test_it_dies_away_when_the_drag_rests() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.03)
    assert drag.frame() != ()
    drag.rest()
    after = drag.frames(0.25)
    lengths = [math.dist(w[0].from_px, w[0].to_px) if w else 0.0 for w in after]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(lengths))
    assert after[-1] == ()


def test_switched_off_there_is_none() -> None:
    drag = Drag()
    drag.state.latency_hiding = False
    drag.run()
    assert set(drag.frames(1.0)) == {()}


def test_where_pictures_keep_up_with_the_frames_there_is_none() -> None:
    drag = Drag(step_s=FRAME_S)
    drag.run()
    assert set(drag.frames(1.0)) == {()}


@pytest.mark.parametrize(("picture_ms", "hides"), [(300.0, True), (5.0, False)])
def test_slow_pictures_are_hidden_from_the_first_drag_on(picture_ms: float, hides: bool) -> None:
    """Also where steps are fast: the drag may have arrived before a second picture comes."""
    drag = Drag(px_per_step=0.5, step_s=0.02, picture_every=1000)
    drag.publish(picture=True, picture_ms=picture_ms)
    drag.run()
    warps = drag.frames(0.3)
    assert (warps[-1] != ()) == hides
    assert not hides or warps[-1][0].to_px[0] > 100.0 + 2.0


def test_the_first_step_of_the_next_drag_is_hidden_at_once() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.0)
    drag.rest()
    drag.frames(1.0)
    drag.run()
    warps = [drag.frame() for _ in range(4)][-1]
    assert warps
    assert warps[0].to_px[0] > drag.x + 0.3


@pytest.mark.parametrize("iteration", [2, 40])
def test_another_edit_pulls_nothing(iteration: int) -> None:
    """Undo, or a session file: the handles jump before their picture is there."""
    drag = Drag()
    drag.run()
    drag.frames(1.0)
    drag.rest()
    drag.frames(0.5)
    drag.x, drag.iteration = 130.0 if iteration == 40 else 102.0, iteration
    assert drag.publish(picture=False) == ()
    assert drag.frame() == ()
    assert drag.publish(picture=True) == ()


def test_a_handle_that_is_placed_elsewhere_pulls_nothing() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.0)
    drag.rest()
    drag.frames(0.5)
    drag.x = 140.0
    assert drag.publish(picture=False) == ()
    assert set(drag.frames(0.1)) == {()}


def test_handles_in_the_hand_and_removed_ones_pull_nothing() -> None:
    drag = Drag()
    drag.run()
    drag.frames(1.03)
    drag.state.held = (0, "handle")
    assert drag.hiding.warps(drag.state, None) == ()
    drag.state.held = None
    drag.state.forget_handles([0])
    assert drag.hiding.warps(drag.state, None) == ()


def test_the_mailbox_remembers_which_handles_a_picture_shows() -> None:
    drag, box = Drag(), Mailbox()
    handle = HandleFrame(0, (1.0, 2.0), (3.0, 4.0), 1.0)
    seen: list[WorkerFrame] = []
    drag.hiding.warps = lambda state, finished: seen.append(finished) or ()  # type: ignore[assignment]
    drag.publish(picture=True, handles=(handle,))
    drag.publish(picture=False, handles=(replace(handle, handle=(2.0, 2.0)),))
    for frame in seen:
        box.put(frame)
    taken = box.take(picture=True)
    assert taken is not None
    assert taken.handles[0].handle == (2.0, 2.0)
    assert taken.pictured[0].handle == (1.0, 2.0)


def test_the_app_hands_the_warps_to_the_scene() -> None:
    app, ui, _ = make_app()
    assert scene_of(app.state).warps == ()
    warp = Warp((1.0, 1.0), (2.0, 1.0), 9.0)
    app.state.warps = (warp,)
    assert scene_of(app.state).warps == (warp,)
    ui.events.append(events.SetLatencyHiding(False))
    app.frame()
    assert app.state.latency_hiding is False
    assert ui.compositor.scenes[-1].warps == ()


def test_a_picture_that_cannot_be_shown_leaves_the_window_alive() -> None:
    app, ui, worker = make_app()
    count = app.picture_count

    def refuse(picture: object) -> None:
        raise RenderError("the GPU was lost: start again")

    ui.compositor.set_picture = refuse  # type: ignore[method-assign]
    worker.answer()
    app.frame()
    assert app.state.status.text == "the GPU was lost: start again"
    assert app.picture_count == count
    app.frame()


def test_the_longest_pull_is_one_that_the_renderer_draws_whole() -> None:
    params = HidingParams()
    assert params.longest_share <= 0.3 * params.radius_share + 1e-12
