"""Colours in CIELAB, and that regions follow the landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gan.evaluate.colour_change import background_region, colour_change, head_region, to_lab

FACE = {
    "eye_left": (0.40, 0.45), "eye_right": (0.60, 0.45), "nose": (0.50, 0.55), "mouth_left": (0.44, 0.63),
    "mouth_right": (0.56, 0.63), "chin": (0.50, 0.72), "ear_left": (0.30, 0.22), "ear_right": (0.70, 0.22),
    "cheek_left": (0.30, 0.58), "cheek_right": (0.70, 0.58), "top": (0.50, 0.25), "lip": (0.50, 0.66),
}  # fmt: skip
Places = dict[str, NDArray[np.float64]]


def face(dx: float = 0.0) -> Places:
    return {name: np.array([x + dx, y]) for name, (x, y) in FACE.items()}


def picture(head: tuple[int, int, int], behind: tuple[int, int, int], dx: float = 0.0) -> NDArray[np.uint8]:
    """A disc of a head on a plain ground; eyes, nose and mouth black, the body green."""
    grid = (np.arange(96) + 0.5) / 96
    x, y = np.meshgrid(grid, grid)
    result = np.tile(np.array(behind, np.uint8), (96, 96, 1))
    result[(y > 0.75) & (abs(x - 0.5 - dx) < 0.3)] = (20, 200, 40)
    result[np.hypot(x - 0.5 - dx, y - 0.48) < 0.28] = head
    for name in ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right", "lip"):
        px, py = face(dx)[name]
        result[np.hypot(x - px, y - py) < 0.05] = 0
    return result


def test_lab_of_known_colours() -> None:
    colours = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]]
    assert to_lab(colours)[0] == pytest.approx(np.array(expected), abs=0.02)


def test_a_head_that_only_moves_changes_no_colour() -> None:
    before, after = picture((200, 120, 60), (60, 60, 120)), picture((200, 120, 60), (60, 60, 120), 0.1)
    change = colour_change(before, after, face(), face(0.1))
    assert change.head == pytest.approx(0, abs=1e-6)
    assert change.background == pytest.approx(0, abs=1e-6)


def test_each_colour_change_is_seen_where_it_is() -> None:
    plain = picture((200, 120, 60), (60, 60, 120))
    head = colour_change(plain, picture((180, 120, 60), (60, 60, 120)), face(), face())
    assert head.background == pytest.approx(0, abs=1e-6)
    assert head.head == pytest.approx(np.linalg.norm(np.subtract(*to_lab(
        np.array([[[200, 120, 60], [180, 120, 60]]], np.uint8))[0])), abs=1e-6)  # fmt: skip
    behind = colour_change(plain, picture((200, 120, 60), (60, 80, 120)), face(), face())
    assert behind.head == pytest.approx(0, abs=1e-6)
    assert behind.background is not None
    assert behind.background > 5


def test_regions_leave_out_what_opens_and_shuts_and_the_body() -> None:
    shown = picture((200, 120, 60), (60, 60, 120))
    head = shown[head_region(face(), (96, 96))]
    assert len(head) > 100
    assert (head == (200, 120, 60)).all()
    background = shown[background_region(face(), (96, 96))]
    assert len(background) > 100
    assert (background == (60, 60, 120)).all()


def test_nothing_to_see_is_none() -> None:
    nowhere = {name: np.array([0.5, 0.5]) for name in FACE}
    plain = picture((200, 120, 60), (60, 60, 120))
    assert colour_change(plain, plain, nowhere, nowhere).head is None
