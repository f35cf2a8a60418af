"""Frames to write, and reading back what was written."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.provenance import PictureProvenance
from app.recording.frame_writer import FrameWriter, MovieFile, open_writer

PROVENANCE = PictureProvenance('critters "64" <&>', "ab" * 32, 34, 0.7)


def decode(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame of a video or GIF, (H, W, 3), as players show it."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def level(value: int, height: int, width: int) -> NDArray[np.uint8]:
    """An even picture."""
    return np.full((height, width, 3), value, np.uint8)


def with_square(i: int, size: int = 96) -> NDArray[np.uint8]:
    """A white square on dark ground that goes right with i: each frame says which it is."""
    frame = np.full((size, size, 3), 30, np.uint8)
    frame[40:56, 4 * (i % 20) : 4 * (i % 20) + 16] = 255
    return frame


def square_at(frame: NDArray[np.uint8]) -> int:
    """The i of `with_square`."""
    columns = np.nonzero(frame[48, :, 0] > 140)[0]
    return round(float(columns.min()) / 4)


def write_squares(path: Path, count: int = 40, fps: int = 20, live: bool = False) -> FrameWriter:
    """A file of `count` frames with the moving square."""
    with open_writer(MovieFile(path, (96, 96), fps, PROVENANCE, live)) as writer:
        for i in range(count):
            writer.add(with_square(i))
    return writer
