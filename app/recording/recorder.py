"""`Recorder`: writes a recording in a thread of its own, so that the window never waits for an encoder.

The queue is bounded: where the encoder is slower than the frames come, frames are left out and counted, and
the one before is shown in their place. Time never drifts: every frame knows its number.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.errors import OutputError
from app.provenance import PictureProvenance
from app.recording.cursor import Cursor, draw_cursor
from app.recording.frame_writer import FrameWriter, MovieFile, Picture, open_writer
from app.thread_priority import give_way
from app.visible_mark import VisibleMark

log = logging.getLogger(__name__)

QUEUE_COUNT = 6  # frames: a fifth of a second at 30 fps, 20 MB of a large window


@dataclass(frozen=True)
class Shot:
    """One frame. number: its place in time, in frames since the start. pixels: (h, w, 3), or (h, w, 4).
    source: what it comes from, None = from the same as the one before."""

    number: int
    pixels: NDArray[np.uint8]
    cursor: Cursor | None = None
    source: PictureProvenance | None = None


@dataclass(frozen=True)
class RecorderNews:
    """How it stands. frames: how long the file is, in frames of its rate; written: how many are in it (where
    one stays for longer it may be there once). left_out: new pictures that are not in it, for lack of time.
    error: it ended early, what was recorded is kept; note: see `FrameWriter`.
    """

    frames: int = 0
    written: int = 0
    left_out: int = 0
    ended: bool = False
    error: str | None = None
    note: str | None = None


class Recorder:
    """`offer` frames, `extend` while nothing changes, `stop` at the end, and look at `news`."""

    def __init__(
        self,
        movie: MovieFile,
        mark: bool = True,
        cursor_scale: float = 1.0,
        open_file: Callable[[MovieFile], FrameWriter] = open_writer,
        start: bool = True,
    ) -> None:
        """The file is opened by the thread; where it cannot be, `news` says so. start: False = not yet."""
        self._movie = movie
        self._mark = VisibleMark(movie.size) if mark else None
        self._cursor_scale = cursor_scale
        self._open_file = open_file
        self._queue: deque[Shot] = deque()
        self._last: Picture | None = None  # the frame that was written last
        self._until = 0  # frames up to here exist, whether or not they were offered
        self._stopping = False
        self._wake = threading.Condition()
        self._news = RecorderNews()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        if start:
            self.start()

    def start(self) -> None:
        """Begins to write what is offered."""
        self._thread.start()

    @property
    def news(self) -> RecorderNews:
        """As of now."""
        with self._wake:
            return self._news

    def offer(self, shot: Shot) -> bool:
        """Gives a frame; False where there is no room: it is left out and counted."""
        with self._wake:
            if len(self._queue) >= QUEUE_COUNT or self._news.ended:
                self._news = replace(self._news, left_out=self._news.left_out + 1)
                return False
            self._queue.append(shot)
            self._until = max(self._until, shot.number + 1)
            self._wake.notify()
            return True

    def note_left_out(self, count: int = 1) -> None:
        """Frames that are not even offered, because the window had no time for them."""
        with self._wake:
            self._news = replace(self._news, left_out=self._news.left_out + count)

    def extend(self, number: int) -> None:
        """Nothing has changed up to this frame: the last one is still right."""
        with self._wake:
            self._until = max(self._until, number)
            self._wake.notify()

    def stop(self, number: int) -> None:
        """The recording ends with this frame; what is in the queue is still written."""
        with self._wake:
            self._until = max(self._until, number)
            self._stopping = True
            self._wake.notify()

    def join(self) -> None:
        """Waits until the file is finished. After `stop`."""
        self._thread.join()

    # the thread

    def _run(self) -> None:
        give_way()
        try:
            writer = self._open_file(self._movie)
        except OutputError as error:
            self._end(str(error))
            return
        try:
            with self._wake:
                self._news = replace(self._news, note=writer.note)
            self._write(writer)
            writer.close()
        except OutputError as error:
            writer.keep()
            self._end(f"{error}; what was recorded until then is kept")
        except Exception as error:
            log.exception("the recorder failed")
            writer.keep()
            self._end(f"the recording ended: {type(error).__name__}: {error}")
        else:
            with self._wake:  # closing may have added to the file
                self._news = replace(self._news, written=writer.written_count)
            self._end(None)

    def _write(self, writer: FrameWriter) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._queue or self._stopping or self._has_to_repeat(writer))
                shot = self._queue.popleft() if self._queue else None
                until = self._until if shot is None else shot.number
                stopping = self._stopping and shot is None
            self._repeat(writer, until, stopping)
            if shot is not None and shot.number >= writer.frame_count:
                self._last = self.finished(shot)
                if shot.source is not None:
                    writer.note_source(shot.source)
                # what came before the first frame is shown as the first
                writer.add(self._last, 1 if writer.frame_count else shot.number + 1)
            with self._wake:
                self._news = replace(self._news, frames=writer.frame_count, written=writer.written_count)
            if stopping:
                return

    def _has_to_repeat(self, writer: FrameWriter) -> bool:
        return self._last is not None and self._until > writer.frame_count

    def _repeat(self, writer: FrameWriter, until: int, stopping: bool) -> None:
        """The last frame again, up to a number: as frames of their own, which every editing program likes,
        while there is time for them; else, and at the end but for one, as the time that it stays."""
        while self._last is not None and until > writer.frame_count:
            missing = until - writer.frame_count
            with self._wake:
                is_late = stopping or self._stopping or len(self._queue) > 1
            if is_late and missing > 1:
                writer.skip(missing - 1)
            writer.add(self._last)

    def finished(self, shot: Shot) -> Picture:
        """The frame as it is written: without alpha, with cursor and mark."""
        frame: Picture = np.array(shot.pixels[..., :3], order="C")
        if shot.cursor is not None:
            draw_cursor(frame, shot.cursor, self._cursor_scale)
        if self._mark is not None:
            self._mark.put_on(frame)
        return frame

    def _end(self, error: str | None) -> None:
        with self._wake:
            self._queue.clear()
            self._news = replace(self._news, ended=True, error=error)
