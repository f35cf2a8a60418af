"""While a field of the real window is typed into, the keyboard is its: no key does what it does elsewhere."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.session.document import SessionDocument
from app.session.edits import ReturnTo, StartFromSeed
from gan import DragSession
from gan.model_file import load_generator
from tests.app.canvas_shots import alone, columns_alike, shot
from tests.app.open_window import (
    PICTURE_PX,
    PULL,
    START,
    OpenWindow,
    open_window,
    pull,
    saved_when,
    wait_until_at_rest,
)
from tests.app.polling import wait_until

SEED_FIELD_PX = (110, 96)  # from the right upper corner of the canvas
SEED = 6  # also the key of the feature map


def type_seed(window: OpenWindow) -> None:
    """Types SEED, presses Enter and takes the mouse off the canvas."""
    hand, (width, _) = window.hand, window.viewport.canvas_size
    hand.do("mousemove", window.left + width + SEED_FIELD_PX[0], window.top + SEED_FIELD_PX[1])
    time.sleep(0.3)  # frames that see each of these
    hand.do("click", "1")
    time.sleep(0.3)
    hand.do("key", str(SEED))
    time.sleep(0.3)
    hand.do("key", "Return")
    hand.do("mousemove", window.left + 20, window.top - 10)


@pytest.mark.window
def test_a_digit_switches_no_overlay(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        generator = load_generator()
        picture = DragSession(generator, generator.sample(SEED, START.truncation_psi)).image()
        expected = alone(window, picture)
        type_seed(window)
        left, right = (window.viewport.to_canvas(x, 0.0)[0] for x in (0.0, PICTURE_PX - 1.0))
        inside = slice(int(left) + 8, int(right) - 8)
        wait_until(lambda: bool(columns_alike(shot(window), expected, window)[inside].all()))
        assert window.close() == ""


@pytest.mark.window
def test_enter_while_looking_back_starts_the_typed_seed_and_does_not_go_on_from_there(tmp_path: Path) -> None:
    def has_typed(document: SessionDocument) -> bool:
        return any(isinstance(edit, StartFromSeed) and edit.seed == SEED for edit in document.edits)

    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        window.hand.do("keydown", "ctrl", "sleep", 0.3, "key", "Left", "sleep", 0.3, "keyup", "ctrl")
        time.sleep(0.5)
        type_seed(window)
        saved_when(window, has_typed)
        time.sleep(0.5)  # whatever else the key did is asked for by now
        document = saved_when(window, has_typed)
        assert window.close() == ""
    last = [edit for edit in document.edits if isinstance(edit, StartFromSeed | ReturnTo)][-1]
    assert isinstance(last, StartFromSeed)
    assert last.seed == SEED


@pytest.mark.window
def test_ctrl_and_an_arrow_at_once_look_back(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        for _ in range(5):
            window.hand.do("key", "ctrl+Left")  # both in one frame, as a tool types them
            time.sleep(0.2)
        document = saved_when(window, lambda _: True)
        assert window.close() == ""
    assert len([edit for edit in document.edits if isinstance(edit, StartFromSeed)]) == 1, "no other picture"
