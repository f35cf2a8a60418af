"""The real window records a real drag: stopped with its key, and killed in the middle."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image

from app.picture_scene import HANDLE_COLOURS
from tests.app.movies import decode
from tests.app.open_window import PICTURE_PX, PULL, OpenWindow, beside_pull, open_window, pull
from tests.app.polling import wait_until

Frame = NDArray[np.uint8]
MARKER_PX = 16  # half of a marker's width at most, canvas px
BAND_PX = 40  # so far above and below its start the handle is looked for: less than the way to a red mouth


def marker_column(frame: Frame, window: OpenWindow) -> float | None:
    """How far to the right the handle's colour is, frame px; None where there is none. Two markers have it:
    the handle and its target."""
    y = window.viewport.to_canvas(*PULL.handle)[1]
    band = frame[max(round(y) - BAND_PX, 0) : round(y) + BAND_PX].astype(int)
    colour = np.array(HANDLE_COLOURS[0]) * 255
    columns = np.nonzero((np.abs(band - colour).max(axis=2) < 40).sum(axis=0) >= 2)[0]
    return float(columns.max()) if len(columns) >= 6 else None


def wait_for_frames(path: Path, count: int) -> None:
    """Until that many frames are in a file that is still being written."""

    def are_there() -> bool:
        try:
            return len(decode(path)) >= count
        except (FFmpegError, OSError):
            return False

    wait_until(are_there)


@pytest.mark.window
@pytest.mark.parametrize("display", ["gl", "host"])
def test_a_recorded_drag_plays_and_shows_the_handle_moving(tmp_path: Path, display: str) -> None:
    video = tmp_path / "drag.mp4"
    with open_window(tmp_path, "--display", display, "--record", str(video)) as window:
        wait_for_frames(video, 10)
        start, end = window.on_screen(PULL.handle), window.on_screen(beside_pull(0.125, 0.0))
        pull(window.hand, start, end)
        time.sleep(1.0)
        window.hand.do("key", "F9")  # ends it: an ordinary MP4 takes the fragmented one's place
        wait_until(lambda: b"moof" not in video.read_bytes())
        assert window.close() == ""
        width, height = window.viewport.canvas_size
        frames = decode(video)
        assert len(frames) > 10
        assert frames[0].shape[:2] == (height + height % 2, width + width % 2)
        columns = [marker_column(frame, window) for frame in frames]
        seen = [column for column in columns if column is not None]
        assert columns[0] is None, "before the press there is no handle"
        assert len(seen) >= 2
        # from about where it was grabbed to about where the mouse let go
        width_shown = PICTURE_PX * window.viewport.scale
        assert max(seen) - min(seen) > 0.05 * width_shown
        # a step may carry the handle a little beyond its target before it comes to rest there
        assert seen[-1] == pytest.approx(end[0] - window.left, abs=MARKER_PX + 0.015 * width_shown)


@pytest.mark.window
def test_a_killed_window_leaves_a_recording_that_plays(tmp_path: Path) -> None:
    video = tmp_path / "drag.mp4"
    with open_window(tmp_path, "--record", str(video)) as window:
        wait_for_frames(video, 20)
        window.process.send_signal(signal.SIGKILL)
        window.process.wait()
        frames = decode(video)
    assert len(frames) >= 20
    assert frames[-1].std() > 20  # a picture, not black
    with av.open(str(video)) as container:
        assert "trainedAlgorithmicMedia" in container.metadata["comment"]


@pytest.mark.window
def test_keys_take_screenshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        window.hand.do("key", "F12")
        window.hand.do("key", "shift+F12")
        pictures = tmp_path / "Pictures" / "LiveDrag"
        wait_until(lambda: pictures.is_dir() and len(list(pictures.glob("*.png"))) == 2)
        time.sleep(0.2)
        sizes = {}
        for path in pictures.glob("livedrag-*.png"):
            with Image.open(path) as image:
                sizes[path.name.split("-")[1]] = image.size
                assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
        assert sizes["canvas"] == window.viewport.canvas_size
        assert sizes["window"][0] > sizes["canvas"][0]
        assert window.close() == ""
