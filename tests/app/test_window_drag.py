"""The real window on the embedded generator, dragged with real mouse events."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.picture_scene import scene_of
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveTarget, StartFromSeed
from app.session.replay import replay
from app.state import AppState, HandleView
from app.ui.layout import SIDE_WIDTH_PX, STATUS_HEIGHT_PX, TIMELINE_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.viewport import Viewport
from gan.model_file import load_generator
from render.host_compositor import HostCompositor
from tests.app.x_display import Hand, x_display

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0  # bounds a hang; nothing is asserted about how fast anything is
EXAMPLE = load_document(ROOT / "assets" / "example-session.json")  # a seed and a drag of it that arrives
START = next(edit for edit in EXAMPLE.edits if isinstance(edit, StartFromSeed))
PULL = next(edit for edit in EXAMPLE.edits if isinstance(edit, AddHandle))
PICTURE_PX = load_generator().width


@dataclass
class OpenWindow:
    """A running program and where its canvas lies on the screen."""

    hand: Hand
    process: subprocess.Popen[str]
    session: Path
    left: int
    top: int
    viewport: Viewport

    def on_screen(self, point: tuple[float, float]) -> tuple[int, int]:
        """Image px -> screen px."""
        x, y = self.viewport.to_canvas(*point)
        return round(self.left + x), round(self.top + y)

    def image_point(self, screen: tuple[int, int]) -> tuple[float, float]:
        """Screen px -> image px."""
        return self.viewport.to_image(screen[0] - self.left, screen[1] - self.top)

    def canvas(self, screen: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The canvas' part of a screenshot."""
        width, height = self.viewport.canvas_size
        return screen[self.top : self.top + height, self.left : self.left + width]

    def close(self) -> str:
        """Ctrl+Q; the program's stderr. Fails unless it ends well."""
        self.hand.do("key", "ctrl+q")
        _, stderr = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, stderr
        return stderr


@contextmanager
def open_window(folder: Path, *options: str) -> Iterator[OpenWindow]:
    """Opens the program and waits until its first picture is on the screen."""
    trace, session = folder / "trace.jsonl", folder / "session.json"
    with x_display() as display:
        environment = {**os.environ, "DISPLAY": display, "XDG_DATA_HOME": str(folder)}
        environment["XDG_CONFIG_HOME"] = str(folder)  # never the user's own settings
        environment["LIVEDRAG_TRACE"] = str(trace)
        environment.pop("WAYLAND_DISPLAY", None)
        command = [sys.executable, "-m", "app", "--session", str(session), *options]
        command += ["--seed", str(START.seed), "--psi", str(START.truncation_psi)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: process.poll() is not None or "first_picture" in read(trace))
            assert process.poll() is None, process.communicate()[1]
            hand = Hand(display)
            x, y, width, height = hand.window_rect("LiveDrag")
            below = TIMELINE_HEIGHT_PX + STATUS_HEIGHT_PX
            size = (width - SIDE_WIDTH_PX, height - TOOLBAR_HEIGHT_PX - below)
            viewport = Viewport(size).fit((PICTURE_PX, PICTURE_PX))
            yield OpenWindow(hand, process, session, x, y + TOOLBAR_HEIGHT_PX, viewport)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


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
    assert distance <= drag.params.stop_distance_px(PICTURE_PX, 1) + 1e-3
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
        _, stderr = window.process.communicate(timeout=DEADLINE_S)
        assert window.process.returncode == 0, stderr
        assert load_document(window.session).step_count() > 0


def pull(hand: Hand, start: tuple[int, int], end: tuple[int, int], let_go: bool = True) -> None:
    """Presses at start and moves to end in small steps, as a hand does."""
    hand.do("mousemove", *start)
    time.sleep(0.2)  # frames must see the cursor before the press
    hand.do("mousedown", 1)
    for i in range(1, 21):
        x, y = (round(a + (b - a) * i / 20) for a, b in zip(start, end, strict=True))
        hand.do("mousemove", x, y)
        time.sleep(0.03)
    time.sleep(0.2)
    if let_go:
        hand.do("mouseup", 1)


def wait_until_at_rest(window: OpenWindow) -> None:
    """Saves until two saves with some time between them hold the same number of steps.

    A busy machine may not have saved yet when the file is read: only a file that is new counts.
    """
    counts: dict[int, int] = {}  # steps, by the time of the save

    def rests() -> bool:
        window.hand.do("key", "ctrl+s")
        time.sleep(0.5)
        if window.session.exists():
            counts[window.session.stat().st_mtime_ns] = load_document(window.session).step_count()
        last = list(counts.values())[-2:]
        return len(counts) > 2 and last[1] > 0 and last[0] == last[1]

    wait_until(rests)


def compose(session: EditSession, viewport: Viewport) -> NDArray[np.float64]:
    """What the canvas should show, composed on the host from the saved session."""
    drag, generator = session.session, session.generator
    size = (generator.width, generator.height)
    state = AppState(picture_size=size, model_name="", viewport=viewport, selected=0)
    if drag.handle_ids:
        handle, target = (tuple(points[0].tolist()) for points in (drag.handles, drag.targets))
        state.set_handle(HandleView(0, (handle[0], handle[1]), (target[0], target[1]), confidence=1.0))
    compositor = HostCompositor()
    compositor.set_picture(drag.image())
    compositor.compose(scene_of(state))
    picture = compositor.read().astype(float)
    compositor.close()
    return picture


def crop(viewport: Viewport, at: tuple[float, ...], radius: int) -> tuple[slice, slice]:
    """A square of canvas px around an image point."""
    x, y = (round(value) for value in viewport.to_canvas(at[0], at[1]))
    return slice(max(y - radius, 0), y + radius), slice(max(x - radius, 0), x + radius)


def wait_until(condition: Callable[[], bool]) -> None:
    """Polls; fails after DEADLINE_S."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def read(path: Path) -> str:
    """The text of a file that may not be there yet."""
    return path.read_text(encoding="utf-8") if path.exists() else ""
