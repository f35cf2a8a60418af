"""`AnimationWriter`: an edit as an animated GIF or WebP, for pages that do not play video."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.errors import OutputError

WEBP_QUALITY = 80
GIF_COLOURS = 192


class AnimationWriter:
    """Writes every second frame, so that 30 fps become 15: half the size, still smooth. GIF or WebP.

    Use as a context manager; frames are (height, width, 3) uint8. A repeated frame is stored once with its
    duration. On an exception inside the `with` nothing is left.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int = 30) -> None:
        """size: (width, height). Raises OutputError where the file cannot be written."""
        self._path = path
        self._size = size
        self._frame_ms = 1000 / fps
        self._frames: list[Image.Image] = []
        self._durations_ms: list[float] = []
        self.frame_count = 0
        try:
            path.with_name(f".{path.name}.part").touch()
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> AnimationWriter:
        return self

    def add(self, frame: NDArray[np.uint8], repeat: int = 1) -> None:
        """Appends one frame `repeat` times. Raises OutputError on a wrong shape."""
        width, height = self._size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise OutputError(
                f"an animation frame is {frame.shape} {frame.dtype}; needed is ({height}, {width}, 3) uint8"
            )
        if repeat == 1 and self.frame_count % 2 and self._frames:
            self._durations_ms[-1] += self._frame_ms  # the frame before is shown in this one's place
        else:
            self._frames.append(self._compact(Image.fromarray(frame)))
            self._durations_ms.append(self._frame_ms * repeat)
        self.frame_count += repeat

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            if kind is None and self._frames:
                self._save(part)
                part.replace(self._path)
        except OSError as problem:
            raise self._failed(problem) from problem
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _compact(self, frame: Image.Image) -> Image.Image:
        return frame.quantize(GIF_COLOURS) if self._path.suffix == ".gif" else frame

    def _save(self, part: Path) -> None:
        first, *rest = self._frames
        first.save(
            part,
            format=self._path.suffix[1:].upper(),
            save_all=True,
            append_images=rest,
            duration=[round(duration) for duration in self._durations_ms],
            loop=0,
            quality=WEBP_QUALITY,
        )

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write the animation '{self._path}': {error.strerror or error}; choose another folder"
        )
