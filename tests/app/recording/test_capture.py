"""What a recording shows, the cursor in it, and when a frame of it is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.picture_scene import scene_of
from app.recording.capture import Capture
from app.recording.choice import RecordingChoice
from app.recording.cursor import Cursor, draw_cursor
from app.recording.recorded_scene import recorded_scene, recorded_size
from app.recording.recorder import Shot
from app.state import AppState, HandleView, Timing
from app.viewport import Viewport
from render.host_compositor import HostCompositor
from tests.app.fakes import Clock
from tests.app.movies import level, with_square

# the cursor


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_cursor_is_seen_on_light_and_dark_with_its_tip_in_place(scale: float) -> None:
    for ground in (0, 255):
        frame = level(ground, 200, 200)
        draw_cursor(frame, Cursor(60.0, 50.0), scale)
        changed = (frame != ground).any(axis=2)
        ys, xs = np.nonzero(changed)
        assert -2 <= int(xs.min()) - 60 <= 2
        assert -2 <= int(ys.min()) - 50 <= 2 + 2 * scale  # its rim is white
        assert 14 * scale <= np.ptp(ys) <= 24 * scale
        assert np.abs(frame.astype(int) - ground).max() > 200
    pressed = level(90, 200, 200)
    draw_cursor(pressed, Cursor(60.0, 50.0, pressed=True), scale)
    assert (pressed[50, int(60 - 13 * scale)] > 180).all()  # the ring


def test_a_cursor_at_the_edge_is_cut_off() -> None:
    for x, y in ((0, 0), (99.5, 99.5), (-10, 50), (500, 50), (50, -500)):
        frame = level(90, 100, 100)
        draw_cursor(frame, Cursor(x, y, pressed=True))
        assert frame.shape == (100, 100, 3)


# what is shown


def some_state() -> AppState:
    state = AppState(picture_size=(64, 64), model_name="fake", viewport=Viewport((640, 480)).fit((64, 64)))
    state.set_handle(HandleView(0, (20.0, 20.0), (40.0, 30.0)))
    return state


def test_the_canvas_as_it_is_needs_no_second_composition() -> None:
    state = some_state()
    choice = RecordingChoice()
    assert recorded_size(state, choice) == (640, 480)
    assert recorded_scene(state, choice, (640, 480)) == scene_of(state)


def test_the_picture_fills_the_frame_wherever_the_canvas_looks() -> None:
    state = some_state()
    state.viewport = state.viewport.zoomed(3.0, 10, 10)
    choice = RecordingChoice(area="picture", size_px=480)
    size = recorded_size(state, choice)
    assert size == (480, 480)
    scene = recorded_scene(state, choice, size)
    assert scene.view.picture_rect((64, 64)) == pytest.approx((0, 0, 480, 480))
    assert scene.show_markers
    clean = recorded_scene(
        state, replace(choice, markers=False, mask=False, overlays=False, cursor=False), size
    )
    assert not clean.show_markers
    assert clean.mask_opacity == 0
    assert clean.brush is None


def test_another_size_shows_the_same_canvas() -> None:
    state = some_state()
    scene = recorded_scene(state, RecordingChoice(size_px=1280), (1280, 960))
    small = scene_of(state).view.to_output((20.0, 20.0))
    assert scene.view.to_output((20.0, 20.0)) == pytest.approx((2 * small[0], 2 * small[1]))


# when it is captured


class CountingRecorder:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.shots: list[Shot] = []
        self.left_out = 0
        self.is_full = False
        self.extended: list[int] = []
        self.stopped: int | None = None

    def offer(self, shot: Shot) -> bool:
        if self.is_full:
            self.left_out += 1
            return False
        self.shots.append(shot)
        return True

    def note_left_out(self, count: int = 1) -> None:
        self.left_out += count

    def extend(self, number: int) -> None:
        self.extended.append(number)

    def stop(self, number: int) -> None:
        self.stopped = number


def capturing(
    choice: RecordingChoice,
) -> tuple[Capture, CountingRecorder, Clock, AppState, Callable[..., None]]:
    clock, recorder, state = Clock(), CountingRecorder(), some_state()
    compositor = HostCompositor()
    compositor.set_picture(with_square(0, 64))
    size = recorded_size(state, choice)
    capture = Capture(recorder, choice, size, clock)  # type: ignore[arg-type]

    def frame(seconds: float, composed: bool = True) -> None:
        clock.now += seconds
        compositor.compose(scene_of(state))
        capture.follow(state, compositor, scene_of(state), composed)

    return capture, recorder, clock, state, frame


def test_a_frame_is_taken_when_it_is_due_and_something_changed() -> None:
    capture, recorder, _clock, state, frame = capturing(RecordingChoice(fps=20))
    for _ in range(12):
        frame(1 / 60)
    capture.stop()
    assert [shot.number for shot in recorder.shots] == [0, 1, 2, 3, 4][: len(recorder.shots)]
    assert len(recorder.shots) >= 4
    assert recorder.shots[0].pixels.shape == (480, 640, 3)
    assert recorder.left_out == 0
    assert recorder.stopped is not None
    assert state.recording is None


def test_a_still_window_is_not_captured_again_but_time_goes_on() -> None:
    _capture, recorder, _clock, state, frame = capturing(RecordingChoice(fps=20))
    frame(0.1)
    for _ in range(30):
        frame(0.1, composed=False)
    assert len(recorder.shots) == 1
    assert recorder.extended
    assert recorder.extended[-1] >= 50
    state.cursor = (10.0, 12.0)  # the mouse alone is a change
    frame(0.1, composed=False)
    frame(0.1, composed=False)
    assert len(recorder.shots) == 2
    cursor = recorder.shots[1].cursor
    assert cursor is not None
    assert (cursor.x, cursor.y) == scene_of(state).view.to_output((10.0, 12.0))


def test_a_window_out_of_time_is_captured_rarely_and_the_loss_is_counted() -> None:
    _capture, recorder, _clock, state, frame = capturing(RecordingChoice(fps=20))
    frame(0.1)
    state.timing = Timing(work_ms=50.0)
    for _ in range(12):
        frame(0.051)  # a frame of the recording each
    assert 3 <= len(recorder.shots) <= 5
    assert recorder.left_out >= 8
    state.timing = Timing(work_ms=20.0)
    before = len(recorder.shots)
    for _ in range(6):
        frame(0.05)
    assert len(recorder.shots) >= before + 5


def test_a_frame_that_is_taken_after_all_was_not_left_out() -> None:
    capture, recorder, _clock, state, frame = capturing(RecordingChoice(fps=10))
    frame(0.1)
    state.timing = Timing(work_ms=50.0)  # no time for several of the window's frames, but for each tenth
    for _ in range(20):
        frame(0.02)
    capture.stop()
    assert [shot.number for shot in recorder.shots] == [1, 2, 3, 4, 5]
    assert recorder.left_out == 0


def test_a_picture_that_was_left_out_and_stays_is_taken_later() -> None:
    _capture, recorder, _clock, state, frame = capturing(RecordingChoice(fps=20))
    frame(0.1)
    frame(0.05, composed=False)
    recorder.is_full = True
    state.cursor = (30.0, 12.0)
    for _ in range(2):
        frame(0.05, composed=False)
    assert len(recorder.shots) == 1
    recorder.is_full = False
    for _ in range(20):
        frame(0.05, composed=False)
    assert len(recorder.shots) == 2, "once, and then nothing changes"
    cursor = recorder.shots[1].cursor
    assert cursor is not None
    assert (cursor.x, cursor.y) == scene_of(state).view.to_output((30.0, 12.0))
    assert recorder.left_out >= 1


def test_the_clean_picture_is_composed_beside_the_canvas() -> None:
    choice = RecordingChoice(
        area="picture", size_px=480, markers=False, mask=False, overlays=False, cursor=False
    )
    capture, recorder, _clock, _state, frame = capturing(choice)
    frame(0.1)
    frame(0.1)
    capture.stop()
    pixels = recorder.shots[0].pixels
    assert pixels.shape == (480, 480, 3)
    assert (pixels[:40] == 30).all()  # the picture's ground up to the frame's edge; no handle in sight
    assert np.abs(pixels[150, 150].astype(int) - 30).max() == 0
