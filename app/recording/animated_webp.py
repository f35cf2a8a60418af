"""`WebpWriter`: an animated WebP, for pages without video. Collects its frames: not for long ones."""

from __future__ import annotations

import contextlib

from PIL import Image

from app.errors import OutputError
from app.provenance import xmp_packet
from app.recording.frame_writer import MovieFile, Picture, WriterBase, check_frame, part_of, write_failed

QUALITY = 80
LONGEST_FRAMES = 3000  # of the file: beyond it memory would be filled with pictures


class WebpWriter(WriterBase):
    """Writes every second frame of more than 15 a second: half the size, still smooth. See `FrameWriter`.

    A repeated frame is stored once with its duration.
    """

    def __init__(self, movie: MovieFile) -> None:
        """Raises OutputError where the file cannot be written, or for a live recording."""
        if movie.live:
            raise OutputError("an animated WebP cannot be recorded while one works; record a GIF, or a video")
        super().__init__(movie)
        self._movie = movie
        self.path = movie.path
        self.frame_count = self.written_count = 0
        self.note: str | None = None
        self._frame_ms = 1000 / movie.fps
        self._frames: list[Image.Image] = []
        self._durations_ms: list[float] = []
        self._part = part_of(movie.path)
        try:
            self._part.touch()
        except OSError as error:
            raise write_failed("animation", self.path, error) from error

    def __enter__(self) -> WebpWriter:
        return self

    def add(self, frame: Picture, repeat: int = 1) -> None:
        """See `FrameWriter`."""
        check_frame(frame, self._movie.size)
        if repeat == 1 and self._movie.fps > 15 and self.frame_count % 2 and self._frames:
            self._durations_ms[-1] += self._frame_ms  # the frame before is shown in this one's place
        else:
            if len(self._frames) == LONGEST_FRAMES:
                raise OutputError(
                    f"an animated WebP of more than {LONGEST_FRAMES} frames does not fit into memory; "
                    "write .mp4 or .webm"
                )
            self._frames.append(Image.fromarray(frame.copy()))
            self.written_count += 1
            self._durations_ms.append(self._frame_ms * repeat)
        self.frame_count += repeat

    def skip(self, count: int) -> None:
        """See `FrameWriter`."""
        self._durations_ms[-1] += self._frame_ms * count
        self.frame_count += count

    def close(self) -> None:
        """See `FrameWriter`."""
        try:
            if self._frames:
                self._save()
                self._part.replace(self.path)
        except OSError as error:
            raise write_failed("animation", self.path, error) from error
        finally:
            self.discard()

    def keep(self) -> None:
        """See `FrameWriter`: half of this file cannot be played."""
        self.discard()

    def discard(self) -> None:
        """See `FrameWriter`."""
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _save(self) -> None:
        first, *rest = self._frames
        about = {"xmp": xmp_packet(self.provenance).encode()} if self.provenance else {}
        first.save(
            self._part,
            format="WEBP",
            save_all=True,
            append_images=rest,
            duration=[round(duration) for duration in self._durations_ms],
            loop=0,
            quality=QUALITY,
            **about,
        )
