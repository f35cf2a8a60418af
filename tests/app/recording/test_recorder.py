"""The recorder: frames go to their place beside the work, and what finds no room is counted and told."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import OutputError
from app.recording import recorder as recorder_module
from app.recording.frame_writer import FrameWriter, MovieFile, open_writer
from app.recording.recorder import Recorder, RecorderNews, Shot
from tests.app.movies import PROVENANCE, decode, level, square_at, with_square
from tests.app.polling import wait_until

SIZE = (96, 96)


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
