"""The real window on the embedded generator, dragged with real mouse events."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from app.session.document import load_document
from app.session.edits import MoveTarget
from app.session.replay import replay
from gan.model_file import load_generator
from tests.app.canvas_shots import compose, crop
from tests.app.open_window import PULL, open_window, pull, read, stop_px, wait_until_at_rest


@pytest.mark.window
@pytest.mark.parametrize("display", ["gl", "host"])
def test_a_real_mouse_drags_a_handle_to_its_target(tmp_path: Path, display: str) -> None:
    with open_window(tmp_path, "--display", display) as window:
        hand = window.hand
        before = window.canvas(hand.screenshot()).astype(float)
        start, end = window.on_screen(PULL.handle), window.on_screen(PULL.target)
        pull(hand, start, end)
        wait_until_at_rest(window)
        hand.do("mousemove", window.left + 20, window.top - 10)  # off the canvas: nothing is hovered
        time.sleep(0.3)  # the frame that shows it
        after = window.canvas(hand.screenshot()).astype(float)
        assert window.close() == ""
        session = replay(load_document(window.session), load_generator())
        viewport, target = window.viewport, window.image_point(end)

    # the session: the handle arrived where the mouse let go
    drag = session.session
    assert drag.handle_ids == (0,)
    assert drag.targets[0].tolist() == pytest.approx(target, abs=1e-3)
    distance = float((drag.handles[0] - drag.targets[0]).norm())
    assert distance <= stop_px(1) + 1e-3
    travelled = drag.handles[0].numpy() - np.array(window.image_point(start))
    assert float(np.hypot(*travelled)) > 0.9 * math.dist(PULL.handle, PULL.target)

    # the pixels: the picture changed there and the composed handle is where it should be
    around = crop(viewport, target, 96)
    assert np.abs(after[around] - before[around]).mean() > 8.0
    expected = compose(session, viewport)
    marker = crop(viewport, tuple(drag.handles[0].tolist()), 24)
    assert np.abs(after[marker] - expected[marker]).mean() < 6.0
    for shift in ((6, 0), (0, 6), (-6, 0), (0, -6)):
        moved = np.roll(expected, shift, (0, 1))
        assert np.abs(after[marker] - moved[marker]).mean() > 12.0


@pytest.mark.window
def test_closing_in_the_middle_of_a_drag_saves_the_session(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        start, end = window.on_screen(PULL.handle), window.on_screen((0.0, 0.0))
        pull(window.hand, start, end, let_go=False)
        assert window.close() == ""
        document = load_document(window.session)
    assert any(isinstance(edit, MoveTarget) for edit in document.edits)
    assert document.step_count() > 0
    trace = [json.loads(line) for line in read(tmp_path / "trace.jsonl").splitlines()]
    assert [line["event"] for line in trace] == ["first_picture", "frames"]
    assert len(trace[1]["frame_ms"]) > 1


@pytest.mark.window
def test_escape_gives_everything_back(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target), let_go=False)
        window.hand.do("key", "Escape")
        window.hand.do("mouseup", 1)
        assert window.close() == ""
        document = load_document(window.session)
    assert document.step_count() == 0


@pytest.mark.window
def test_the_scripted_drag_ends_by_itself(tmp_path: Path) -> None:
    with open_window(tmp_path, "--scripted-drag") as window:
        assert window.end() == ""
        assert load_document(window.session).step_count() > 0
