"""`VideoWriter`: H.264 video of an edit, frame by frame. Half a file never stays behind."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from app.errors import OutputError

QUALITY_CRF = "18"  # visually without loss; smaller is better and larger


class VideoWriter:
    """Writes an MP4 (H.264, yuv420p: plays everywhere). Use as a context manager.

    Frames are (height, width, 3) uint8 of the announced size; odd sizes get one repeated row or column,
    because yuv420p needs even ones. On an exception inside the `with` nothing is left; `path` appears when
    all is written.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int = 30) -> None:
        """size: (width, height). Raises OutputError where the file cannot be written or H.264 is missing."""
        self._path = path
        self._size = size
        self._part = path.with_name(f".{path.name}.part")
        self.frame_count = 0
        try:
            self._part.touch()  # libav opens the file only with the first packet: too late to say so
            self._container = av.open(str(self._part), "w", format="mp4", options={"movflags": "faststart"})
        except (FFmpegError, OSError) as error:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)
            raise self._failed(error) from error
        try:
            self._stream = self._add_stream(fps)
        except (FFmpegError, ValueError) as error:
            self._discard()
            raise OutputError(
                "this PyAV cannot encode H.264 (libx264 is missing); reinstall it with pip install av"
            ) from error
        except BaseException:  # Ctrl+C before the `with` has begun
            self._discard()
            raise

    def __enter__(self) -> VideoWriter:
        return self

    def add(self, frame: NDArray[np.uint8], repeat: int = 1) -> None:
        """Appends one frame `repeat` times. Raises OutputError: wrong shape, full disk."""
        width, height = self._size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise OutputError(
                f"a video frame is {frame.shape} {frame.dtype}; needed is ({height}, {width}, 3) uint8"
            )
        even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        try:
            for _ in range(repeat):
                self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
                self.frame_count += 1
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            if self.frame_count:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            self._part.replace(self._path)
        except (FFmpegError, OSError) as problem:
            self._discard()
            raise self._failed(problem) from problem

    def _add_stream(self, fps: int) -> VideoStream:
        width, height = self._size
        stream = self._container.add_stream("libx264", rate=fps)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": QUALITY_CRF, "preset": "medium"}
        # one thread: drag steps need the other cores, and pictures of an edit are small
        stream.codec_context.thread_count = 1
        return stream

    def _discard(self) -> None:
        with contextlib.suppress(FFmpegError, OSError):  # what it still had to write is thrown away
            self._container.close()
        self._part.unlink(missing_ok=True)

    def _failed(self, error: FFmpegError | OSError) -> OutputError:
        return OutputError(
            f"cannot write the video '{self._path}': {error.strerror or error}; choose another folder"
        )
