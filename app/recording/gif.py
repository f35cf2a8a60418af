"""`GifWriter`: a GIF, frame by frame: nothing is collected, and a killed program leaves one that plays.

libav's own palette filters look the same and take a hundred times as long: the palette is Pillow's, made from
every sixth pixel, and made anew only where the pictures have moved away from it.
"""

from __future__ import annotations

import contextlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from app.provenance import xmp_packet
from app.recording.frame_writer import MovieFile, Picture, WriterBase, check_frame, part_of, write_failed

COLOURS = 250
FASTEST_FPS = 25  # browsers show a frame for 20 ms at least, and a file grows with every frame
TICKS_PER_S = 100  # GIF counts hundredths of a second
PALETTE_STRIDE = 6
OPTIONS = {"loop": "0", "flush_packets": "1"}  # every frame is in the file as soon as the next one is there
WORSE_BY_LEVELS = 2.0  # mean error, of 255, beyond which a palette is made anew


class GifWriter(WriterBase):
    """See `FrameWriter`. Repeated frames are stored once with their duration."""

    def __init__(self, movie: MovieFile) -> None:
        """Raises OutputError where the file cannot be written."""
        super().__init__(movie)
        self._movie = movie
        self.path = movie.path
        self.frame_count = self.written_count = 0
        self.note: str | None = None
        self._target = movie.path if movie.live else part_of(movie.path)
        self._every = -(-movie.fps // FASTEST_FPS)
        self._next = 0  # the first frame that is due to be written
        self._written = -1  # the last one that was
        self._whole_bytes = 0  # of the file, up to the last whole frame
        self._palette: Image.Image | None = None
        self._palette_error = 0.0
        self._last: Picture | None = None
        try:
            self._target.touch()
            self._container = av.open(str(self._target), "w", format="gif", options=OPTIONS)
        except (FFmpegError, OSError) as error:
            raise write_failed("GIF", self.path, error) from error
        stream = self._container.add_stream("gif", rate=Fraction(movie.fps, self._every))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = movie.size
        stream.pix_fmt = "pal8"
        stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._stream = stream

    def __enter__(self) -> GifWriter:
        return self

    def add(self, frame: Picture, repeat: int = 1) -> None:
        """See `FrameWriter`."""
        check_frame(frame, self._movie.size)
        self._last = frame
        first = max(self.frame_count, self._next)
        self.frame_count += repeat
        if first < self.frame_count:  # else it lies between two frames of the file
            self._write(frame, first)
            self._next = first + max(self._every, self.frame_count - first)

    def skip(self, count: int) -> None:
        """See `FrameWriter`."""
        self.frame_count += count
        self._next = max(self._next, self.frame_count)

    def close(self) -> None:
        """See `FrameWriter`."""
        try:
            self._end_container()
            if self.frame_count and self.provenance is not None:
                insert_xmp(self._target, xmp_packet(self.provenance))
            if not self._movie.live:
                self._target.replace(self.path)
        except (FFmpegError, OSError) as error:
            if self._movie.live:
                self.keep()
            else:
                self.discard()
            raise write_failed("GIF", self.path, error) from error

    def keep(self) -> None:
        """See `FrameWriter`."""
        with contextlib.suppress(FFmpegError, OSError):
            self._container.close()
        with contextlib.suppress(OSError):
            os.truncate(self._target, self._whole_bytes)  # players show the rest of a broken frame as noise

    def discard(self) -> None:
        """See `FrameWriter`."""
        with contextlib.suppress(FFmpegError, OSError):
            self._container.close()
        self._target.unlink(missing_ok=True)

    def _end_container(self) -> None:
        if self._last is not None:
            # libav shows the last frame as long as the one before it: two short ones end it in time
            for number in (self.frame_count - 2 * self._every, self.frame_count - self._every):
                if number > self._written:
                    self._write(self._last, number)
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def _write(self, frame: Picture, number: int) -> None:
        self._written = number
        indices, palette = self._quantized(frame)
        both: Any = (indices, palette)  # PyAV takes the pair, and its annotation does not know
        video = av.VideoFrame.from_ndarray(both, format="pal8")
        video.time_base = Fraction(1, TICKS_PER_S)
        video.pts = round(number * TICKS_PER_S / self._movie.fps)
        try:
            self._container.mux(self._stream.encode(video))
            self._whole_bytes = self._target.stat().st_size
            self.written_count += 1
        except (FFmpegError, OSError) as error:
            raise write_failed("GIF", self.path, error) from error

    def _quantized(self, frame: Picture) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Indices (H, W) and the palette (256, 4) as alpha, red, green, blue."""
        image = Image.fromarray(frame)
        few = Image.fromarray(np.ascontiguousarray(frame[::PALETTE_STRIDE, ::PALETTE_STRIDE]))
        if self._palette is None or _error(few, self._palette) > self._palette_error + WORSE_BY_LEVELS:
            self._palette = few.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
            self._palette_error = _error(few, self._palette)
        indices = image.quantize(palette=self._palette, dither=Image.Dither.NONE)
        colours = np.array(self._palette.getpalette() or [0, 0, 0], np.uint8).reshape(-1, 3)
        palette = np.zeros((256, 4), np.uint8)
        palette[: len(colours), 0] = 255
        palette[: len(colours), 1:] = colours
        return np.asarray(indices), palette


def _error(image: Image.Image, palette: Image.Image) -> float:
    shown = image.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    return float(np.abs(np.asarray(shown, np.int16) - np.asarray(image, np.int16)).mean())


def insert_xmp(path: Path, xmp: str) -> None:
    """Puts an XMP packet behind a GIF's header, as the XMP specification says. Raises OSError."""
    # the "magic trailer": from wherever a reader that skips sub-blocks lands in it, it leads to the end
    trailer = bytes([1, *range(255, -1, -1), 0])
    extension = b"\x21\xff\x0bXMP DataXMP" + xmp.encode() + trailer
    data = path.read_bytes()
    flags = data[10]
    place = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    part = part_of(path)
    try:
        part.write_bytes(data[:place] + extension + data[place:])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
