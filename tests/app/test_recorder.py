"""Recording while one works: the thread and its queue, what is captured when, and what the window shows."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app import events
from app.app import App
from app.errors import OutputError
from app.file_desk import Folders
from app.picture_scene import scene_of
from app.provenance import PictureProvenance
from app.recording import recorder as recorder_module
from app.recording.capture import Capture
from app.recording.choice import RecordingChoice
from app.recording.cursor import Cursor, draw_cursor
from app.recording.frame_writer import FrameWriter, MovieFile, open_writer
from app.recording.mp4_boxes import read_xmp
from app.recording.recorded_scene import recorded_scene, recorded_size
from app.recording.recorder import Recorder, RecorderNews, Shot
from app.recording_desk import RecordingDesk
from app.scheduler import Scheduler
from app.state import AppState, HandleView, Timing
from app.viewport import Viewport
from render.compositor import Picture
from render.errors import RenderError
from render.host_compositor import HostCompositor
from tests.app.fakes import FakeWorker, NullUi
from tests.app.movies import PROVENANCE, decode, level, square_at, with_square
from tests.app.test_window_drag import wait_until

SIZE = (96, 96)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ended(recorder: Recorder) -> RecorderNews:
    recorder.join()
    return recorder.news


def test_frames_are_where_their_numbers_say(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    recorder = Recorder(MovieFile(path, SIZE, 20, PROVENANCE, live=True), mark=False)
    for number, i in ((0, 1), (1, 2), (6, 3), (7, 4)):
        assert recorder.offer(Shot(number, with_square(i)))
    recorder.stop(10)
    news = ended(recorder)
    assert (news.frames, news.left_out, news.error) == (10, 0, None)
    with av.open(str(path)) as container:
        shown = {
            round(frame.time * 20): square_at(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
            for frame in container.decode()
        }
        assert container.duration == pytest.approx(0.5e6, rel=0.01)
    assert {number: shown[number] for number in (0, 1, 6, 7, 9)} == {0: 1, 1: 2, 6: 3, 7: 4, 9: 4}
    assert all(shown[number] == 2 for number in range(2, 6) if number in shown)


def test_nothing_changes_and_the_file_goes_on(tmp_path: Path) -> None:
    recorder = Recorder(MovieFile(tmp_path / "a.png", SIZE, live=True), mark=False)
    recorder.offer(Shot(2, np.dstack([with_square(5), level(255, 96, 96)[..., :1]])))  # RGBA, as GL gives it
    recorder.extend(9)
    wait_until(lambda: recorder.news.frames == 9)
    recorder.stop(12)
    assert ended(recorder).frames == 12
    assert len(list((tmp_path / "a").iterdir())) == 12


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".png"])
def test_what_is_said_to_be_in_the_file_is_what_a_player_counts(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    recorder = Recorder(MovieFile(path, SIZE, 30, live=True), mark=False, start=False)
    for number, i in ((0, 1), (2, 2), (3, 3), (9, 4), (10, 5), (30, 6)):  # late: the gaps are stayed for
        assert recorder.offer(Shot(number, with_square(i)))
    recorder.note_left_out(3)
    recorder.stop(45)
    recorder.start()
    news = ended(recorder)
    in_file = len(list((tmp_path / "a").iterdir())) if suffix == ".png" else len(decode(path))
    assert (news.frames, news.written, news.left_out) == (45, in_file, 3)
    assert in_file == 45 if suffix == ".png" else in_file < 45, "some stay for longer than a frame"


class StuckWriter:
    """Writes nothing until it is let go."""

    def __init__(self, inner: FrameWriter) -> None:
        self.inner = inner
        self.go = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def add(self, frame: NDArray[np.uint8], repeat: int = 1) -> None:
        self.go.wait(60)
        self.inner.add(frame, repeat)


def test_a_slow_encoder_leaves_frames_out_and_says_how_many(tmp_path: Path) -> None:
    movie = MovieFile(tmp_path / "a.mp4", SIZE, 20, live=True)
    stuck = StuckWriter(open_writer(movie))
    recorder = Recorder(movie, mark=False, open_file=lambda _movie: stuck)  # type: ignore[arg-type, return-value]
    taken = [recorder.offer(Shot(i, with_square(i))) for i in range(20)]  # never waits
    count = sum(taken)
    assert recorder_module.QUEUE_COUNT <= count <= recorder_module.QUEUE_COUNT + 1
    stuck.go.set()
    recorder.stop(20)
    news = ended(recorder)
    assert (news.frames, news.left_out) == (20, 20 - count)
    frames = decode(tmp_path / "a.mp4")
    assert square_at(frames[0]) == 0
    assert square_at(frames[-1]) == max(i for i, was_taken in enumerate(taken) if was_taken)


class FullDisk:
    """No space left after some frames, as a writer tells it."""

    def __init__(self, inner: FrameWriter, room: int) -> None:
        self.inner = inner
        self.room = room

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def add(self, frame: NDArray[np.uint8], repeat: int = 1) -> None:
        if self.inner.frame_count >= self.room:
            raise OutputError(f"cannot write the video '{self.inner.path}': No space left on device")
        self.inner.add(frame, repeat)


def test_a_full_disk_ends_the_recording_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    recorder = Recorder(
        MovieFile(path, SIZE, 20, live=True),
        mark=False,
        open_file=lambda movie: FullDisk(open_writer(movie), 30),  # type: ignore[arg-type, return-value]
    )
    for i in range(60):
        wait_until(lambda i=i: recorder.news.ended or recorder.news.frames >= i - 2)
        recorder.offer(Shot(i, with_square(i)))
    news = ended(recorder)
    assert news.error is not None
    assert "No space left on device" in news.error
    assert "kept" in news.error
    assert "\n" not in news.error
    assert [square_at(frame) for frame in decode(path)] == [i % 20 for i in range(30)]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    recorder = Recorder(MovieFile(tmp_path / "none" / "a.mp4", SIZE, live=True))
    news = ended(recorder)
    assert news.error is not None
    assert "No such file or directory" in news.error
    assert recorder.offer(Shot(0, with_square(0))) is False


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


# the desk, in an app


def recording_app(
    folder: Path, provenance: Callable[[], PictureProvenance] = lambda: PROVENANCE
) -> tuple[App, NullUi, Clock]:
    ui, worker, clock = NullUi(), FakeWorker(), Clock()
    ui.compositor = HostCompositor()  # type: ignore[assignment]
    folders = Folders(folder / "sessions", folder / "pictures", folder / "videos")
    app = App(
        AppState(picture_size=(64, 64), model_name="fake", viewport=Viewport((96, 96)).fit((64, 64))),
        *(ui, worker, Scheduler(clock=clock, sleep=lambda seconds: None), folders),
        open_recording=lambda state: RecordingDesk(
            *(
                state,
                lambda: ui.compositor,
                folders,
                lambda: pytest.fail("no document"),
                provenance,
                clock,
            )
        ),
    )
    app.frame()
    return app, ui, clock


def test_the_window_records_and_says_what_it_recorded(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    path = tmp_path / "deep" / "a.mp4"
    ui.events = [events.ToggleRecording(path)]
    for i in range(30):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        app.frame()
    assert app.state.recording is not None
    assert app.state.recording.seconds == pytest.approx(29 * 0.05)
    ui.events = [events.ToggleRecording()]
    app.frame()

    def is_done() -> bool:
        app.frame()
        return app.state.recording is None

    wait_until(is_done)
    assert app.state.status.text.startswith(f"Recorded {path}: ")
    assert "left out" in app.state.status.text
    assert app.state.status.tone == "good"
    frames = decode(path)
    assert len(frames) > 5
    assert frames[0].shape == (96, 96, 3)


def test_the_numbers_of_the_line_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ui, clock = recording_app(tmp_path)
    path = tmp_path / "a.mp4"
    app.apply(events.ToggleRecording(path))
    for i in range(60):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        if i in (20, 40):  # between them nothing finds room
            monkeypatch.setattr(recorder_module, "QUEUE_COUNT", 0 if i == 20 else 60)
        app.frame()
    app.apply(events.ToggleRecording())
    app.close()
    assert app.state.status.tone == "good"
    line = app.state.status.text.removeprefix(f"Recorded {path}: ")
    said = re.fullmatch(r"([\d.]+) s, (\d+) frames?; (\d+) more (was|were) left out for lack of time", line)
    assert said is not None, line
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(float(said[1]) * 1e6, abs=6e4)
    assert int(said[2]) == len(decode(path))
    assert 0 < int(said[3]) < 60


def test_a_recording_during_which_the_seed_changed_names_both(tmp_path: Path) -> None:
    shown = [PROVENANCE]
    app, _ui, clock = recording_app(tmp_path, lambda: shown[0])
    path = tmp_path / "a.mp4"
    app.apply(events.ToggleRecording(path))
    for i in range(recorder_module.QUEUE_COUNT):  # none is left out
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        if i == 3:
            shown[0] = replace(PROVENANCE, seed=35)
        app.frame()
    app.close()
    packet = read_xmp(path)
    assert packet is not None
    assert 'livedrag:Seed="34"' in packet
    assert 'livedrag:EndSeed="35"' in packet


def test_closing_the_window_finishes_the_recording(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    ui.events = [events.ToggleRecording()]
    for i in range(10):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        app.frame()
    app.close()
    (path,) = (tmp_path / "videos").iterdir()
    assert path.suffix == ".mp4"
    assert len(decode(path)) >= 3


@pytest.mark.parametrize("name", ["a.avi", "a.webp", "file/a.mp4"])
def test_what_cannot_be_recorded_is_a_line_and_the_edit_goes_on(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    app, ui, _clock = recording_app(tmp_path)
    ui.events = [events.ToggleRecording(tmp_path / name)]
    app.frame()
    assert app.state.recording is None
    assert app.state.status.tone == "error"
    assert "'" in app.state.status.text
    assert "\n" not in app.state.status.text


def test_a_screenshot_is_the_composition_with_its_provenance(tmp_path: Path) -> None:
    app, ui, _clock = recording_app(tmp_path)
    expected = ui.compositor.read()
    app.apply(events.ChooseExport(replace(app.state.export_choice, mark=False)))
    app.apply(events.TakeScreenshot())
    app.apply(events.TakeScreenshot(whole=True))
    assert app.state.wants_grab
    app.apply(events.WindowGrabbed(with_square(3)))
    assert not app.state.wants_grab

    def both_there() -> bool:
        app.frame()
        folder = tmp_path / "pictures"
        return folder.exists() and len([p for p in folder.iterdir() if p.suffix == ".png"]) == 2

    wait_until(both_there)
    canvas, window = sorted((tmp_path / "pictures").iterdir())
    with Image.open(canvas) as image:
        np.testing.assert_array_equal(np.array(image), expected)
        assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    with Image.open(window) as image:
        np.testing.assert_array_equal(np.array(image), with_square(3))


class DeadCompositor(HostCompositor):
    """A display that is lost: nothing can be read."""

    def read(self) -> Picture:
        raise RenderError("the display was lost")

    def begin_read(self) -> bool:
        raise RenderError("the display was lost")

    def take_read(self) -> Picture | None:
        raise RenderError("the display was lost")


def test_a_canvas_that_cannot_be_read_ends_the_recording_and_not_the_window(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    app.apply(events.ToggleRecording(tmp_path / "a.mp4"))
    dead = DeadCompositor()
    dead.set_picture(with_square(3))
    ui.compositor = dead  # type: ignore[assignment]
    app.apply(events.TakeScreenshot())
    assert (app.state.status.text, app.state.status.tone) == ("the display was lost", "error")

    def is_done() -> bool:
        clock.now += 0.05
        app.frame()
        return app.state.recording is None

    wait_until(is_done)
    assert any("The recording ended" in notice.text for notice in app.state.window.notices)
