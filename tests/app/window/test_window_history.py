"""The real window's history and sessions with real mouse and keys: undo, scrub, save, kill and resume,
replay.

Nothing is asserted about how long anything takes: every step waits until what it did is in a file or on the
screen.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from app.panels.timeline import PADDING_PX
from app.panels.timeline_track import EDGE_PX
from app.session.autosave import UNFINISHED
from app.session.document import SessionDocument, load_document
from app.session.edits import Edit, ReturnTo, Unit
from app.session.replay import replay
from gan.model_file import load_generator
from tests.app.canvas_shots import crop
from tests.app.edited_sessions import state_of
from tests.app.open_window import (
    PULL,
    OpenWindow,
    beside_pull,
    open_window,
    place,
    pull,
    saved,
    saved_when,
    wait_until_at_rest,
)
from tests.app.polling import wait_until
from tests.app.x_display import ROOT

TRACK_BELOW_CANVAS_PX = 59
RESUME_BUTTON_PX = (80, 100)  # in its window
RESUME_WIDTH_PX = 420


def unit_count(document: SessionDocument) -> int:
    return sum(isinstance(edit, Unit) for edit in document.edits)


def mixed_edits(window: OpenWindow) -> list[Callable[[], object]]:
    """Ten kinds of things that a person does."""
    hand, start = window.hand, window.on_screen(PULL.handle)

    def key(*names: str) -> Callable[[], object]:
        return lambda: hand.do("key", *names)

    def stroke(tool: str, y: float) -> None:
        hand.do("key", tool)
        pull(hand, window.on_screen(place(0.16, y)), window.on_screen(place(0.34, y)))
        hand.do("key", "g")

    def grab(dx: float, dy: float) -> None:
        pull(hand, start, window.on_screen(beside_pull(dx, dy)))

    return [
        key("Right"),
        lambda: grab(0.03, 0.01),
        lambda: stroke("b", 0.16),
        key("i"),
        lambda: grab(-0.02, 0.03),
        key("Left"),
        lambda: stroke("n", 0.4),
        lambda: grab(0.015, -0.04),
        key("r"),
        lambda: stroke("b", 0.31),
    ]


@pytest.mark.window
def test_twenty_mixed_edits_are_undone_and_done_again(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        hand = window.hand
        for number, act in enumerate(mixed_edits(window) * 2, 1):
            act()
            hand.do("mousemove", window.left + 30, window.top + 20)
            saved_when(window, lambda document, n=number: unit_count(document) == n)
        wait_until_at_rest(window)
        done = saved(window)
        for _ in range(20):
            hand.do("key", "ctrl+z")
        undone = saved_when(window, lambda document: document.now == 0)
        for _ in range(20):
            hand.do("key", "ctrl+shift+z")
        again = saved_when(window, lambda document: document.now is None)
        assert window.close() == ""
    assert again.edits == undone.edits == done.edits, "nothing is lost by an undo"
    generator = load_generator()
    assert replay(undone, generator).position == 0
    assert state_of(replay(again, generator)) == state_of(replay(done, generator))


@pytest.mark.window
def test_scrubbing_shows_the_start_and_a_drag_goes_on_from_there(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        hand, viewport = window.hand, window.viewport
        looked_at = crop(viewport, PULL.target, 60)

        def canvas() -> np.ndarray:
            return window.canvas(hand.screenshot()).astype(float)[looked_at]

        before = canvas()
        pull(hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        assert np.abs(canvas() - before).mean() > 8.0

        width, height = viewport.canvas_size
        left, right = window.left + PADDING_PX + EDGE_PX, window.left + width - PADDING_PX - EDGE_PX
        y = window.top + height + TRACK_BELOW_CANVAS_PX
        pull(hand, (right - 2, y), (left - 3, y))
        wait_until(lambda: bool(np.abs(canvas() - before).mean() < 1.0))
        first = saved(window)  # a drag that still ran has stopped by now
        hand.do("key", "End")
        wait_until(lambda: bool(np.abs(canvas() - before).mean() > 8.0))
        assert saved(window).edits == first.edits, "looking changes nothing"

        # a flick, its last move and its end within a frame: it goes where the button came up
        hand.do("mousemove", right - 2, y, "sleep", 0.2, "mousedown", 1)
        hand.do("mousemove", (left + right) // 2, y, "mousemove", left - 3, y, "mouseup", 1)
        wait_until(lambda: bool(np.abs(canvas() - before).mean() < 1.0))
        pull(hand, window.on_screen(PULL.handle), window.on_screen(beside_pull(-0.05, 0.025)))
        second = saved_when(window, lambda document: unit_count(document) == unit_count(first) + 2)
        assert window.close() == ""
    new: list[Edit] = second.edits[len(first.edits) :]
    assert second.edits[: len(first.edits)] == first.edits, "what was left behind is still there"
    assert ReturnTo(0) in new
    session = replay(second, load_generator())
    assert session.undo() is not None
    assert session.undo() == "back to picture 0"
    assert state_of(session) == state_of(replay(first, load_generator()))


@pytest.mark.window
def test_the_timeline_names_the_picture_under_the_mouse_there_and_the_shown_one_in_its_text(
    tmp_path: Path,
) -> None:
    with open_window(tmp_path) as window:
        hand = window.hand
        pull(hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        width, height = window.viewport.canvas_size
        middle, y = window.left + width // 2, window.top + height + TRACK_BELOW_CANVAS_PX
        said = (slice(y - 52, y - 28), slice(window.left + PADDING_PX, middle - 100))
        over_mouse = (slice(y - 26, y - 9), slice(middle - 60, middle + 60))
        hand.do("mousemove", middle, window.top - 10, "sleep", 0.5)
        before = hand.screenshot()
        hand.do("mousemove", middle, y)
        wait_until(lambda: not np.array_equal(hand.screenshot()[over_mouse], before[over_mouse]))
        assert np.array_equal(hand.screenshot()[said], before[said])
        hand.do("mousemove", middle, window.top - 10)
        wait_until(lambda: np.array_equal(hand.screenshot()[over_mouse], before[over_mouse]))
        hand.do("mousemove", middle, y, "mousedown", 1)  # looked at: now the text says it
        wait_until(lambda: not np.array_equal(hand.screenshot()[said], before[said]))
        wait_until(lambda: np.array_equal(hand.screenshot()[over_mouse], before[over_mouse]))
        hand.do("mouseup", 1)
        assert window.close() == ""


@pytest.mark.window
def test_a_killed_window_offers_to_resume_to_the_step(tmp_path: Path) -> None:
    sessions = tmp_path / "livedrag" / "sessions"

    def unfinished() -> list[Path]:
        return list(sessions.glob(f"*{UNFINISHED}"))

    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen((0.0, 0.0)), let_go=False)
        wait_until(lambda: bool(unfinished()) and load_document(unfinished()[0]).step_count() > 2)
        window.process.kill()
        window.process.wait()
        killed = load_document(unfinished()[0])
    (tmp_path / "trace.jsonl").unlink()
    with open_window(tmp_path) as window:
        width = window.viewport.canvas_size[0]
        x, y = RESUME_BUTTON_PX
        left = (width - RESUME_WIDTH_PX) // 2
        # at the start, waiting for the frame that knows of it
        window.hand.do("mousemove", window.left + left + x, window.top + 24 + y)

        def is_resumed() -> bool:
            window.hand.do("click", 1)
            return bool(unfinished()) and len(list(sessions.glob("*.json"))) == 2

        wait_until(is_resumed)
        assert window.close() == ""
    kept = sorted(sessions.glob("*.json"))
    assert len(kept) == 2
    assert [load_document(path).edits for path in kept] == [killed.edits] * 2
    assert unfinished() == []


@pytest.mark.window
def test_what_was_dragged_by_hand_replays_bit_for_bit(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        window.hand.do("key", "m")
        document = saved_when(window, lambda document: len(document.bookmarks) == 1)
        assert window.close() == ""
    out = tmp_path / "again"
    command = [
        sys.executable,
        "-m",
        "app",
        "replay",
        str(window.session),
        "--device",
        "cpu",
        "--out",
        str(out),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    session = replay(document, load_generator())
    assert session.position == session.bookmarks.position_of("Bookmark 1")
    with safe_open(out / "latent.safetensors", "pt") as file:
        assert file.get_tensor("w_plus").numpy().tobytes() == session.session.w_plus.numpy().tobytes()
    assert load_document(out / "session.json").edits == document.edits
