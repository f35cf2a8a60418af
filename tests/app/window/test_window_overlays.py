"""Overlays in the real window: switched by key, the divider pulled by the mouse, the start held in view."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.session.document import load_document
from app.session.replay import replay
from app.split_divider import REACH_CANVAS_PX
from gan import DragSession
from gan.model_file import load_generator
from tests.app.canvas_shots import Shot, alone, columns_alike, shot
from tests.app.open_window import PICTURE_PX, PULL, START, open_window, pull, wait_until_at_rest
from tests.app.polling import wait_until

GRIP_PX = 20  # around the divider, where the line, its grip and the labels are


@pytest.mark.window
@pytest.mark.parametrize("display", ["gl", "host"])
def test_keys_divider_and_comparing(tmp_path: Path, display: str) -> None:
    with open_window(tmp_path, "--display", display) as window:
        hand = window.hand
        pull(hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
        wait_until_at_rest(window)
        session = replay(load_document(window.session), load_generator())
        generator = session.generator
        first = generator.sample(START.seed, START.truncation_psi)
        start, now = (
            alone(window, DragSession(generator, first).image()),
            alone(window, session.session.image()),
        )
        left, _ = window.viewport.to_canvas(0.0, 0.0)
        right, _ = window.viewport.to_canvas(PICTURE_PX - 1.0, 0.0)
        inside = slice(int(left) + 8, int(right) - 8)
        differs = ~columns_alike(start, now, window)
        assert differs[inside].any(), "the drag changed something in the rows that are compared"
        hand.do("mousemove", window.left + 20, window.top - 10)
        hand.do("key", "2")  # handles and arrows would be in the way
        hand.do("key", "3")

        def shows(picture: Shot, columns: slice) -> bool:
            return bool(columns_alike(shot(window), picture, window)[columns].all())

        wait_until(lambda: shows(now, inside))

        # held: the start alone; let go: what is now
        hand.do("keydown", "c")
        wait_until(lambda: shows(start, inside))
        hand.do("keyup", "c")
        wait_until(lambda: shows(now, inside))

        # the split, at the middle and then pulled to a quarter
        hand.do("key", "9")
        middle = int((left + right) / 2)
        wait_until(lambda: shows(start, slice(inside.start, middle - GRIP_PX)))
        assert shows(now, slice(middle + GRIP_PX, inside.stop))
        at = (window.left + round((left + right + 1) / 2), window.top + window.viewport.canvas_size[1] // 3)
        quarter = int(left + (right - left) / 4)
        pull(hand, (at[0] + round(REACH_CANVAS_PX / 2), at[1]), (window.left + quarter, at[1]))
        hand.do("mousemove", window.left + 20, window.top - 10)
        wait_until(lambda: shows(now, slice(quarter + GRIP_PX, inside.stop)))
        assert shows(start, slice(inside.start, quarter - GRIP_PX))
        hand.do("key", "9")
        wait_until(lambda: shows(now, inside))

        # each map changes the whole picture, and gives it back
        for key in ("6", "8"):
            hand.do("key", key)
            wait_until(lambda: not columns_alike(shot(window), now, window)[inside].any())
            hand.do("key", key)
            wait_until(lambda: shows(now, inside))
        time.sleep(0.2)
        assert window.close() == ""
        again = load_document(window.session)
    assert again.step_count() == session.document().step_count(), "looking changes no edit"
    assert len(again.edits) == len(session.document().edits)
