"""The real window's close button, while something is being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.panels.closing import WIDTH_PX
from tests.app.movies import decode
from tests.app.open_window import PULL, beside_pull, open_window, pull, wait_until_at_rest
from tests.app.polling import wait_until

FINISH_PX = (80, 120)  # the button's middle, from the question's corner
BELOW_TOOLBAR_PX = 24


@pytest.mark.window
def test_the_close_button_finishes_a_recording(tmp_path: Path) -> None:
    video = tmp_path / "drag.mp4"
    with open_window(tmp_path, "--record", str(video)) as window:
        wait_until(lambda: video.exists() and video.stat().st_size > 0)
        window.hand.press_close("LiveDrag")
        assert window.end() == ""
    assert b"moof" not in video.read_bytes(), "an ordinary MP4 has taken the fragmented one's place"
    assert decode(video)


@pytest.mark.window
def test_it_asks_before_a_movie_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    movies = tmp_path / "Videos" / "LiveDrag"
    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(beside_pull(0.03, 0.0)))
        wait_until_at_rest(window)  # else the ground below changes
        window.hand.do("key", "F10")
        wait_until(movies.is_dir)
        left = window.left + (window.viewport.canvas_size[0] - WIDTH_PX) // 2
        x, y = left + FINISH_PX[0], window.top + BELOW_TOOLBAR_PX + FINISH_PX[1]
        ground = window.hand.screenshot()[y, x]
        window.hand.press_close("LiveDrag")
        wait_until(lambda: (window.hand.screenshot()[y, x] != ground).any())  # the question is there
        window.hand.do("mousemove", x, y, "sleep", 0.3, "click", 1)  # frames must see the cursor before
        wait_until(lambda: (window.hand.screenshot()[y, x] == ground).all())
        assert window.process.poll() is None, "it is still rendering"
        assert window.end() == ""
    (movie,) = movies.glob("*.mp4")
    assert decode(movie)
