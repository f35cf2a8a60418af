"""The real window with real mouse and keys: handles that are placed and then run, and a mask that holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.session.document import load_document
from app.session.edits import AddHandle, SetMask, Unit
from app.session.replay import replay
from gan.model_file import load_generator
from tests.app.open_window import (
    PICTURE_PX,
    PULL,
    OpenWindow,
    beside_pull,
    open_window,
    place,
    pull,
    saved_when,
    stop_px,
    wait_until_at_rest,
)

Point = tuple[float, float]


def click(window: OpenWindow, at: Point) -> None:
    window.hand.do("mousemove", *window.on_screen(at))
    window.hand.do("sleep", 0.2)  # frames must see the cursor before the press
    window.hand.do("mousedown", 1)
    window.hand.do("sleep", 0.1)
    window.hand.do("mouseup", 1)
    window.hand.do("sleep", 0.1)


@pytest.mark.window
def test_pairs_of_points_are_placed_and_run_together(tmp_path: Path) -> None:
    second = place(0.5, 0.93)  # on the chest: it is to stay where it is
    with open_window(tmp_path) as window:
        window.hand.do("key", "p")
        for point in (PULL.handle, beside_pull(0.08, 0.0), second, place(0.51, 0.93)):
            click(window, point)
        placed = saved_when(
            window, lambda document: sum(isinstance(edit, AddHandle) for edit in document.edits) == 2
        )
        assert placed.step_count() == 0, "nothing moves before it is started"
        window.hand.do("key", "space")
        window.hand.do("sleep", 0.3)  # frames must see it before Ctrl goes down
        wait_until_at_rest(window)
        assert window.close() == ""
    drag = replay(load_document(window.session), load_generator()).session
    assert drag.handle_ids == (0, 1)
    distances = (drag.handles - drag.targets).norm(dim=1)
    assert float(distances.max()) <= stop_px(2) + 1e-3


@pytest.mark.window
def test_what_is_painted_as_fixed_stays_more_than_without(tmp_path: Path) -> None:
    rows = slice(round(0.12 * PICTURE_PX), round(0.3 * PICTURE_PX))  # ears and forehead

    def change(folder: Path, paint: bool) -> float:
        folder.mkdir()
        with open_window(folder) as window:
            if paint:
                window.hand.do("key", "n")
                for share in (0.14, 0.2, 0.26):
                    pull(
                        window.hand,
                        window.on_screen(place(0.1, share)),
                        window.on_screen(place(0.9, share)),
                    )
                window.hand.do("key", "g")
                saved_when(window, lambda d: sum(isinstance(edit, Unit) for edit in d.edits) == 3)
            pull(window.hand, window.on_screen(PULL.handle), window.on_screen(PULL.target))
            wait_until_at_rest(window)
            assert window.close() == ""
        document = load_document(window.session)
        assert any(isinstance(edit, SetMask) for edit in document.edits) == paint
        session = replay(document, load_generator())
        after, before = session.session.image().astype(float), session.start.astype(float)
        return float(np.abs(after - before)[rows].mean())

    free, held = change(tmp_path / "free", paint=False), change(tmp_path / "held", paint=True)
    assert free > 3.0
    assert held < 0.8 * free  # the head cannot turn without its ears: this mask can only hold against it
