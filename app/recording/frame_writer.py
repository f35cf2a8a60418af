"""What all writers of frames have in common: the interface, what they are told, and `open_writer`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from app.errors import OutputError
from app.provenance import MovieProvenance, PictureProvenance

Picture = NDArray[np.uint8]  # (H, W, 3)

SUFFIXES = (".mp4", ".webm", ".gif", ".webp", ".png")
FPS_RANGE = (1, 120)


@dataclass(frozen=True)
class MovieFile:
    """What is to be written. size: the frames' (width, height).

    provenance: what the first frame comes from; None = the file is to say nothing.
    live: frames come while one works: quick encoders, and the file is playable at every moment, also after a
    killed program. Otherwise the file appears when it is whole, and what breaks off leaves nothing behind.
    """

    path: Path
    size: tuple[int, int]
    fps: int = 30
    provenance: PictureProvenance | None = None
    live: bool = False


class FrameWriter(Protocol):
    """Use as a context manager, or end it with `close`, `keep` or `discard`."""

    path: Path  # the file; of a PNG sequence its folder
    frame_count: int  # how long it is so far, in frames: repeated ones and those skipped counted
    note: str | None  # what a person should know: another encoder than usual, say

    def __enter__(self) -> FrameWriter: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def written_count(self) -> int:
        """Frames that are in the file: what a player counts."""
        ...

    def note_source(self, source: PictureProvenance) -> None:
        """The frames from now on come from that; the finished file says so."""
        ...

    def add(self, frame: Picture, repeat: int = 1) -> None:
        """Appends a frame of the announced size `repeat` times. OutputError: wrong shape, full disk."""
        ...

    def skip(self, count: int) -> None:
        """The last frame stays for `count` more, at no cost where the file knows durations. OutputError."""
        ...

    def close(self) -> None:
        """Finishes the file. Raises OutputError; of a live file what was there stays playable."""
        ...

    def keep(self) -> None:
        """Ends after an error: what is there stays, if it can be played. Never raises."""
        ...

    def discard(self) -> None:
        """Ends; nothing is left behind."""
        ...


class WriterBase:
    """The ends of a `with`: an exception discards, otherwise the file is finished. And what the frames come
    from."""

    def __init__(self, movie: MovieFile) -> None:
        self.provenance = None if movie.provenance is None else MovieProvenance.of(movie.provenance)

    def note_source(self, source: PictureProvenance) -> None:
        """See `FrameWriter`."""
        if self.provenance is not None:
            self.provenance = self.provenance.then(source)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def close(self) -> None:
        """See `FrameWriter`."""
        raise NotImplementedError

    def discard(self) -> None:
        """See `FrameWriter`."""
        raise NotImplementedError


def open_writer(movie: MovieFile) -> FrameWriter:
    """The writer for the file's suffix. Raises OutputError: unknown suffix, folder, missing encoder."""
    from app.recording.animated_webp import WebpWriter
    from app.recording.gif import GifWriter
    from app.recording.png_sequence import PngSequenceWriter
    from app.recording.video import VideoWriter

    suffix = check_suffix(movie.path)
    low, high = FPS_RANGE
    if not low <= movie.fps <= high:
        raise OutputError(f"{movie.fps} frames a second is out of range; give {low} to {high}")
    if suffix == ".gif":
        return GifWriter(movie)
    if suffix == ".webp":
        return WebpWriter(movie)
    if suffix == ".png":
        return PngSequenceWriter(movie)
    return VideoWriter(movie)


def check_suffix(path: Path) -> str:
    """The suffix in small letters. Raises OutputError where nothing can be written under it."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputError(
            f"'{path}' ends in '{path.suffix}', which is no recording that can be written; give a name that "
            f"ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    return suffix


def check_frame(frame: Picture, size: tuple[int, int]) -> None:
    """Raises OutputError unless the frame is (height, width, 3) uint8 of `size`."""
    width, height = size
    if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
        raise OutputError(f"a frame is {frame.shape} {frame.dtype}; needed is ({height}, {width}, 3) uint8")


def part_of(path: Path) -> Path:
    """Where a file is until it is whole."""
    return path.with_name(f".{path.name}.part")


def write_failed(what: str, path: Path, error: FFmpegError | OSError) -> OutputError:
    """The line that says which file could not be written and why."""
    reason = error.strerror or str(error) or type(error).__name__
    return OutputError(
        f"cannot write the {what} '{path}': {reason}; choose another folder or free some space"
    )
