"""Latency hiding as it is seen: whole frames of the app on fake time, drawn, where pictures come slowly.

The 'generated' picture is a soft dot at the handle, so that what is seen can be measured: the dot goes with
the handle between two pictures, and stays where it is when the next one comes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.app import App, Folders
from app.picture_scene import scene_of
from app.scheduler import Scheduler
from app.state import AppState
from app.viewport import Viewport
from app.worker_frame import HandleFrame
from render.compositor import Compositor
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from tests.app.fakes import FakeWorker
from tests.app.offscreen_window import OffscreenWindow

SIZE, SCALE = 128, 2
FRAME_S = 1 / 64
# lag: how old a picture is when it comes, in steps
FRAMES_PER_STEP, STEPS_PER_PICTURE, PICTURE_LAG = 3, 4, 1
PX_PER_STEP = 0.8
START_PX, TARGET_PX, Y_PX = 40.0, 90.0, 64.0
DOT_PX = 1.5  # small beside the reach of a warp, which pulls less what is farther from its handle


@pytest.fixture(params=["host", pytest.param("gl", marks=pytest.mark.gl)])
def compositor(request: pytest.FixtureRequest) -> Iterator[Compositor]:
    if request.param == "gl":
        request.getfixturevalue("gl_context")
    made = HostCompositor() if request.param == "host" else GlCompositor()
    yield made
    made.close()


def picture_of(x_px: float) -> NDArray[np.uint8]:
    """A dot at (x_px, Y_PX) on a ground that does not move."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    dot = np.exp(-((x - x_px) ** 2 + (y - Y_PX) ** 2) / (2 * DOT_PX**2))
    ground = 20 + 10 * np.sin(x / 9) * np.sin(y / 7)
    return np.stack([30 + 200 * dot, ground, ground], axis=2).astype(np.uint8)


class SlowDrag:
    """The app on a drag that the test plays: every step is told, a picture comes with every fourth."""

    def __init__(self, compositor: Compositor, hidden: bool) -> None:
        self.now, self.frame_count = 0.0, 0
        self.places = [START_PX]  # of the handle after every step
        self.worker = FakeWorker()
        state = AppState(picture_size=(SIZE, SIZE), model_name="fake")
        state.viewport = Viewport((SIZE * SCALE, SIZE * SCALE), float(SCALE), 0.0, 0.0, fitted=False)
        state.latency_hiding, state.show_markers = hidden, False
        scheduler = Scheduler(clock=lambda: self.now, sleep=self._sleep)
        nowhere = Folders(sessions=Path("sessions"), pictures=Path("pictures"))
        self.compositor = compositor
        self.app = App(state, OffscreenWindow(compositor), self.worker, scheduler, nowhere)
        self.tell(picture_at=START_PX, running=False)
        self.app.frame()

    def _sleep(self, seconds: float) -> None:
        """Frames are told their time by the test."""

    def handle(self, x_px: float) -> HandleFrame:
        return HandleFrame(0, (x_px, Y_PX), (TARGET_PX, Y_PX), TARGET_PX - x_px, 1.0)

    def tell(self, picture_at: float | None, running: bool = True) -> None:
        picture = None if picture_at is None else picture_of(picture_at)
        pictured = () if picture_at is None else (self.handle(picture_at),)
        self.worker.answer(
            handles=(self.handle(self.places[-1]),),
            iteration=len(self.places) - 1,
            running=running,
            step_ms=1000 * FRAMES_PER_STEP * FRAME_S,
            picture=picture,
            pictured=pictured,
        )

    def frame(self) -> float:
        """One frame; where the dot is seen now, image px along x."""
        self.now += FRAME_S
        self.frame_count += 1
        if self.frame_count % FRAMES_PER_STEP == 0:
            self.places.append(self.places[-1] + PX_PER_STEP)
            is_pictured = (len(self.places) - 1) % STEPS_PER_PICTURE == 0
            self.tell(self.places[-1 - PICTURE_LAG] if is_pictured else None)
        self.app.frame()
        return self.dot_px()

    def dot_px(self) -> float:
        red = self.compositor.read()[..., 0].astype(float)
        weight = np.clip(red - 60, 0, None).sum(axis=0)  # the ground has no such red
        at = (weight * np.arange(len(weight))).sum() / weight.sum()
        return (at + 0.5) / SCALE - 0.5

    def rest(self) -> None:
        self.tell(self.places[-1], running=False)
        for _ in range(40):
            self.now += FRAME_S
            self.app.frame()


def test_the_dot_goes_with_the_handle_and_does_not_jump_when_its_picture_comes(
    compositor: Compositor,
) -> None:
    drag = SlowDrag(compositor, hidden=True)
    for _ in range(6 * FRAMES_PER_STEP * STEPS_PER_PICTURE):
        drag.frame()  # speeds are measured
    before, pace = drag.dot_px(), PX_PER_STEP / FRAMES_PER_STEP
    for _ in range(4 * FRAMES_PER_STEP * STEPS_PER_PICTURE):
        at = drag.frame()
        assert -0.1 < at - before < 2.5 * pace, "no jump to the new picture, and none back"
        assert abs(at - drag.places[-1]) < 1.5 * PX_PER_STEP, "where its handle is"
        before = at


def test_without_hiding_the_dot_stands_and_jumps(compositor: Compositor) -> None:
    """What is hidden: else the test above would prove nothing."""
    drag = SlowDrag(compositor, hidden=False)
    places = [drag.frame() for _ in range(6 * FRAMES_PER_STEP * STEPS_PER_PICTURE)]
    moves = np.diff(places)
    assert moves.max() == pytest.approx(PX_PER_STEP * STEPS_PER_PICTURE, abs=0.2)
    assert np.median(moves) == 0.0


def test_at_rest_every_pixel_is_the_generated_pictures(compositor: Compositor) -> None:
    drag = SlowDrag(compositor, hidden=True)
    for _ in range(6 * FRAMES_PER_STEP * STEPS_PER_PICTURE + 4):
        drag.frame()
    assert math.dist(*_ends(drag)) > 0.3, "in mid-flight it is pulled"
    drag.rest()
    assert drag.app.state.warps == ()
    seen = compositor.read().copy()
    fresh = type(compositor)()
    fresh.set_picture(picture_of(drag.places[-1]))
    fresh.compose(replace(scene_of(drag.app.state), warps=()))
    np.testing.assert_array_equal(seen, fresh.read())
    fresh.close()


def _ends(drag: SlowDrag) -> tuple[tuple[float, float], tuple[float, float]]:
    (warp,) = drag.app.state.warps
    return warp.from_px, warp.to_px
