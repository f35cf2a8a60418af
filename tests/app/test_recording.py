"""Videos: every frame arrives, odd sizes work, half a file never stays behind."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from app.edit_video import (
    MARKED_END_FRAMES,
    MARKED_START_FRAMES,
    PLAIN_END_FRAMES,
    PLAIN_START_FRAMES,
    EditVideo,
)
from app.errors import OutputError
from app.recording import VideoWriter
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from tests.app.tiny import SIZE, tiny_generator


def decode(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def level(value: int, height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (33, 47), (2, 2)])
def test_every_frame_arrives(tmp_path: Path, width: int, height: int) -> None:
    with VideoWriter(tmp_path / "a.mp4", (width, height), fps=25) as video:
        for i in range(12):
            video.add(level(i * 20, height, width))
        video.add(level(250, height, width), repeat=5)
    frames = decode(tmp_path / "a.mp4")
    assert len(frames) == 17 == video.frame_count
    assert frames[0].shape == (height + height % 2, width + width % 2, 3)
    for i in range(12):
        assert abs(int(frames[i].mean()) - i * 20) < 8
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 25
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_an_exception_leaves_no_file(tmp_path: Path) -> None:
    def stop_in_the_middle() -> None:
        with VideoWriter(tmp_path / "a.mp4", (16, 16)) as video:
            video.add(level(9, 16, 16))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle()
    assert list(tmp_path.iterdir()) == []


def test_wrong_frames_and_folders_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write the video"):
        VideoWriter(tmp_path / "none" / "a.mp4", (16, 16))
    with (
        pytest.raises(OutputError, match="needed is") as raised,
        VideoWriter(tmp_path / "a.mp4", (16, 16)) as video,
    ):
        video.add(level(1, 16, 17))
    assert "\n" not in str(raised.value)


def test_an_edit_as_a_video(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(2))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    with EditVideo(tmp_path / "e.mp4", (SIZE, SIZE), 5, mark=False) as video:
        video.start(session)
        for _ in range(5):
            session.step()
            video.step(session)
        video.end(session)
    frames = decode(tmp_path / "e.mp4")
    held = PLAIN_START_FRAMES + MARKED_START_FRAMES + MARKED_END_FRAMES + PLAIN_END_FRAMES
    assert len(frames) == held + 5
    assert frames[0].shape == (512, 512, 3)
    # markers appear around the handle, and the last frame is the bare picture again
    plain, with_markers = frames[0].astype(int), frames[PLAIN_START_FRAMES + 5].astype(int)
    difference = np.abs(with_markers - plain).max(axis=2)
    y, x = int((16 + 0.5) * 16), int((8 + 0.5) * 16)
    assert difference[y - 12 : y + 12, x - 12 : x + 12].max() > 60
    assert difference[:100].max() < 40


def test_long_edits_skip_steps_evenly(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(2))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    with EditVideo(tmp_path / "e.mp4", (SIZE, SIZE), 1300, mark=False) as video:
        for _ in range(7):
            video.step(session)
        assert video.frame_count == 2
