"""`PngSequenceWriter`: every frame a PNG of its own in a folder, for programs that cut and compose."""

from __future__ import annotations

import contextlib
import glob
import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.export import png_info
from app.provenance import PictureProvenance, xmp_packet
from app.recording.frame_writer import MovieFile, Picture, WriterBase, check_frame, write_failed

QUICK_COMPRESSION = 1  # while one works; zlib's strongest takes ten times as long for a tenth less
COMPRESSION = 6


class PngSequenceWriter(WriterBase):
    """'out.png' becomes the folder 'out' with 'out-00000.png', ...; see `FrameWriter`."""

    def __init__(self, movie: MovieFile) -> None:
        """Takes earlier pictures of these names away. OutputError where the folder cannot be made."""
        super().__init__(movie)
        self._movie = movie
        self.path = movie.path.with_suffix("")
        self.frame_count = 0
        self.note: str | None = None
        self._encoded = io.BytesIO()  # the last picture
        self._info = _info_of(movie.provenance)
        try:
            self.path.mkdir(parents=False, exist_ok=True)
            self._remove_pictures()  # of a longer sequence they would stay at the end
            (self.path / ".part").touch()
            (self.path / ".part").unlink()
        except OSError as error:
            raise write_failed("PNG sequence", self.path, error) from error

    def __enter__(self) -> PngSequenceWriter:
        return self

    @property
    def written_count(self) -> int:
        """See `FrameWriter`: every frame is a picture."""
        return self.frame_count

    def note_source(self, source: PictureProvenance) -> None:
        """See `FrameWriter`: every picture says what it comes from itself."""
        super().note_source(source)
        if self.provenance is not None:
            self._info = _info_of(source)

    def add(self, frame: Picture, repeat: int = 1) -> None:
        """See `FrameWriter`."""
        check_frame(frame, self._movie.size)
        self._encoded = io.BytesIO()
        level = QUICK_COMPRESSION if self._movie.live else COMPRESSION
        Image.fromarray(frame).save(self._encoded, "PNG", compress_level=level, pnginfo=self._info)
        self.skip(repeat)

    def skip(self, count: int) -> None:
        """See `FrameWriter`: the same picture again."""
        for _ in range(count):
            file = self.path / f"{self.path.name}-{self.frame_count:05d}.png"
            try:
                file.write_bytes(self._encoded.getbuffer())
            except OSError as error:
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)  # half a picture
                raise write_failed("PNG sequence", self.path, error) from error
            self.frame_count += 1

    def close(self) -> None:
        """See `FrameWriter`: every picture is whole already."""

    def keep(self) -> None:
        """See `FrameWriter`."""

    def discard(self) -> None:
        """See `FrameWriter`."""
        with contextlib.suppress(OSError):
            self._remove_pictures()
            self.path.rmdir()  # unless there is something else in it

    def _remove_pictures(self) -> None:
        for picture in self.path.glob(f"{glob.escape(self.path.name)}-?????.png"):
            picture.unlink()


def _info_of(source: PictureProvenance | None) -> PngInfo | None:
    return None if source is None else png_info(xmp_packet(source))
