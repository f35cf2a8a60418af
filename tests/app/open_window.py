"""The program in a window of its own, and a hand that pulls in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.session.document import SessionDocument, load_document
from app.session.edits import AddHandle, StartFromSeed
from app.ui.layout import SIDE_WIDTH_PX, STATUS_HEIGHT_PX, TIMELINE_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.viewport import Viewport
from gan.drag_params import DragParams
from gan.model_file import load_generator
from tests.app.polling import DEADLINE_S, wait_until
from tests.app.x_display import ROOT, Hand, x_display

EXAMPLE = load_document(ROOT / "assets" / "example-session.json")  # a seed and a drag of it that arrives
START = next(edit for edit in EXAMPLE.edits if isinstance(edit, StartFromSeed))
PULL = next(edit for edit in EXAMPLE.edits if isinstance(edit, AddHandle))
EMBEDDED = load_generator()
PICTURE_PX = EMBEDDED.width


def place(x: float, y: float) -> tuple[float, float]:
    """The image point at these shares of the picture's width and height."""
    return x * PICTURE_PX, y * PICTURE_PX


def beside_pull(dx: float, dy: float) -> tuple[float, float]:
    """The image point that lies so far from where PULL grabs, in shares of the picture."""
    (x, y), (by_x, by_y) = PULL.handle, place(dx, dy)
    return x + by_x, y + by_y


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
        return self.end()

    def end(self) -> str:
        """Waits for the program's end; its stderr. Fails unless it ends well."""
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


def stop_px(handle_count: int) -> float:
    """At what distance a handle has arrived on the embedded generator."""
    cells = EMBEDDED.architecture.default_feature_resolution
    return DragParams().stop_distance_px(PICTURE_PX, cells, handle_count)


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


def read(path: Path) -> str:
    """The text of a file that may not be there yet."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def saved(window: OpenWindow) -> SessionDocument:
    """The session as it is now, through Ctrl+S. It may still be at work on what was asked before."""
    window.session.unlink(missing_ok=True)
    window.hand.do("key", "ctrl+s")
    wait_until(window.session.exists)
    return load_document(window.session)


def saved_when(window: OpenWindow, condition: Callable[[SessionDocument], bool]) -> SessionDocument:
    """The session as soon as it is as it should be."""
    found: list[SessionDocument] = []

    def is_so() -> bool:
        found[:] = [saved(window)]
        return condition(found[0])

    wait_until(is_so)
    return found[0]
