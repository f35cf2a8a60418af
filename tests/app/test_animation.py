"""Animated GIF and WebP: frames, durations, and nothing left behind on failure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from app.animation import AnimationWriter
from app.errors import OutputError


def _frame(level: int) -> NDArray[np.uint8]:
    frame = np.full((16, 20, 3), 40, np.uint8)
    frame[:, :10] = level
    return frame


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_pictures_and_time_survive(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"edit{suffix}"
    with AnimationWriter(path, (20, 16), fps=25) as writer:
        writer.add(_frame(0), repeat=10)
        for level in (60, 90, 120, 150):
            writer.add(_frame(level))
        writer.add(_frame(250), repeat=20)
    assert writer.frame_count == 34
    with Image.open(path) as opened:
        frames = [
            (float(np.asarray(frame.convert("RGB"))[8, 4, 0]), frame.info["duration"])
            for frame in ImageSequence.Iterator(opened)
        ]
    assert sum(duration for _, duration in frames) == 34 * 40
    for (level, _), expected in zip(frames, (0, 60, 120, 250), strict=True):
        assert abs(level - expected) < 12
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    writer = AnimationWriter(tmp_path / "edit.gif", (20, 16))
    writer.add(_frame(0))
    writer.__exit__(KeyError, KeyError(), None)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_frame_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with (
        AnimationWriter(tmp_path / "edit.webp", (20, 16)) as writer,
        pytest.raises(OutputError, match="needed is"),
    ):
        writer.add(np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(OutputError, match="cannot write the animation"):
        AnimationWriter(tmp_path / "nowhere" / "edit.gif", (20, 16))
