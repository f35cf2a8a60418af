"""`VideoWriter`: MP4 (H.264) and WebM, frame by frame.

A live file is written in fragments of a second, so that a killed program leaves a video that plays; when it
is finished, an MP4 becomes an ordinary one, which every editing program opens.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from app.errors import OutputError
from app.provenance import MovieProvenance, container_tags, xmp_packet
from app.recording.encoders import Encoder, encoders_for, note_about
from app.recording.frame_writer import (
    MovieFile,
    Picture,
    WriterBase,
    check_frame,
    part_of,
    write_failed,
)
from app.recording.mp4_boxes import append_xmp, cut_broken_end

BT709 = 1  # libav's number of it, for primaries, transfer and matrix alike
FRAGMENT_S = 1.0  # of a live file: what a killed program loses at most, beside the encoder's few frames


class VideoWriter(WriterBase):
    """Plays everywhere: yuv420p in BT.709, and tagged as such. See `FrameWriter`.

    Odd sizes get one repeated row or column, because yuv420p needs even ones.
    """

    def __init__(self, movie: MovieFile) -> None:
        """Raises OutputError where the file cannot be written or no encoder for its suffix is there."""
        super().__init__(movie)
        self._movie = movie
        self.path = movie.path
        self.frame_count = self.written_count = 0
        self.note: str | None = None
        self._suffix = movie.path.suffix.lower()
        self._target = movie.path if movie.live else part_of(movie.path)
        self._reformatter = VideoReformatter()
        self._open()

    def __enter__(self) -> VideoWriter:
        return self

    def add(self, frame: Picture, repeat: int = 1) -> None:
        """See `FrameWriter`."""
        check_frame(frame, self._movie.size)
        width, height = self._movie.size
        even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        converted = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(even, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        converted.time_base = Fraction(1, self._movie.fps)
        try:
            for _ in range(repeat):
                converted.pts = self.frame_count
                self._mux(converted)
                self.frame_count += 1
                self.written_count += 1
        except (FFmpegError, OSError) as error:
            raise write_failed("video", self.path, error) from error

    def skip(self, count: int) -> None:
        """See `FrameWriter`: there is no frame at these times, players go on showing the one before."""
        self.frame_count += count

    def close(self) -> None:
        """See `FrameWriter`."""
        try:
            self._end_container()
            if self._movie.live:
                self._finish_live()
            else:
                if not (self._has_more_to_say and self._write_anew()):
                    self._append_xmp(self._target)
                self._target.replace(self.path)
        except (FFmpegError, OSError) as error:
            if self._movie.live:
                self.keep()
            else:
                self.discard()
            raise write_failed("video", self.path, error) from error

    def keep(self) -> None:
        """See `FrameWriter`."""
        with contextlib.suppress(FFmpegError, OSError):
            self._end_container()
        self._close_container()
        with contextlib.suppress(OSError):
            if self._suffix == ".mp4" and not cut_broken_end(self._target):
                self._target.unlink(missing_ok=True)

    def discard(self) -> None:
        """See `FrameWriter`."""
        self._close_container()
        self._target.unlink(missing_ok=True)

    def _open(self) -> None:
        encoders = encoders_for(self._suffix, self._movie.live)
        try:
            self._target.touch()  # libav opens the file only with the first packet: too late to say so
        except OSError as error:
            raise write_failed("video", self.path, error) from error
        problem: Exception | None = None
        for encoder in encoders:
            try:
                self._container = av.open(
                    str(self._target), "w", format=self._suffix[1:], options=self._container_options()
                )
            except (FFmpegError, OSError) as error:
                self._target.unlink(missing_ok=True)
                raise write_failed("video", self.path, error) from error
            try:
                self._stream = self._add_stream(encoder)
            except (
                FFmpegError,
                OSError,
                ValueError,
            ) as error:  # it is there, but not for this machine or size
                problem = error
                self._close_container()
                continue
            except BaseException:  # Ctrl+C before a `with` has begun
                self.discard()
                raise
            self.note = note_about(encoder, self._suffix)
            return
        self._target.unlink(missing_ok=True)
        raise OutputError(
            f"no encoder takes the video '{self.path}' ({problem}); give another size or format"
        )

    def _container_options(self) -> dict[str, str]:
        if not self._movie.live:
            return {"movflags": "faststart"} if self._suffix == ".mp4" else {}
        if self._suffix == ".mp4":
            return {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        return {"cluster_time_limit": str(round(FRAGMENT_S * 1000)), "flush_packets": "1"}

    def _add_stream(self, encoder: Encoder) -> VideoStream:
        width, height = self._movie.size
        fps = self._movie.fps
        stream = self._container.add_stream(encoder.name, rate=fps)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, fps)
        context.colorspace, context.color_range = BT709, int(ColorRange.MPEG)
        context.color_primaries, context.color_trc = BT709, BT709
        context.gop_size = max(1, round(fps * FRAGMENT_S)) if self._movie.live else fps * 5
        stream.options = dict(encoder.live_options if self._movie.live else encoder.options)
        # one thread: drag steps need the other cores, and pictures of an edit are small
        context.thread_count = 1
        if self._movie.provenance is not None:
            self._container.metadata.update(container_tags(self._movie.provenance))
        context.open(strict=False)
        return stream

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = 1  # of the last frame; libav takes the gap before it, however long that was
            self._container.mux(packet)

    def _end_container(self) -> None:
        if self.frame_count:
            self._mux(None)
        self._container.close()

    def _close_container(self) -> None:
        with contextlib.suppress(FFmpegError, OSError):  # what it still had to write is thrown away
            self._container.close()

    @property
    def _has_more_to_say(self) -> bool:
        """Whether the file's tags, written with its first packet, know too little."""
        first = self._movie.provenance
        return first is not None and self.provenance != MovieProvenance.of(first)

    def _finish_live(self) -> None:
        """An ordinary MP4 takes the fragmented one's place; so does a file whose tags say more."""
        if not self.frame_count:
            return
        if not ((self._suffix == ".mp4" or self._has_more_to_say) and self._write_anew()):
            self._append_xmp(self.path)

    def _write_anew(self) -> bool:
        """The same packets in an ordinary file with all that is known by now, if there is room for both; else
        what there is stays, and False."""
        part = part_of(self._target)
        try:
            self._remux(part)
            self._append_xmp(part)
            part.replace(self._target)
        except (FFmpegError, OSError):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return False
        return True

    def _remux(self, part: Path) -> None:
        options = {"movflags": "faststart"} if self._suffix == ".mp4" else {}
        with (
            av.open(str(self._target)) as source,
            av.open(str(part), "w", format=self._suffix[1:], options=options) as target,
        ):
            given = source.streams.video[0]
            stream: Any = target.add_stream_from_template(given)
            if self.provenance is not None:
                target.metadata.update(container_tags(self.provenance))
            for packet in source.demux(given):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)

    def _append_xmp(self, path: Path) -> None:
        if self._suffix == ".mp4" and self.provenance is not None:
            append_xmp(path, xmp_packet(self.provenance))
