"""`Texture2D`: one 2D texture's storage, filters and uploads. Row 0 of every array is the texture's row 0."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.errors import RenderError

FormatName = Literal["rgba8", "rgb8", "rg8", "r8", "r16f", "r32f"]
Filter = Literal["nearest", "linear"]


@dataclass(frozen=True)
class _Format:
    internal: Any
    external: Any
    channel_count: int
    component: Any  # type of one channel of the arrays that are uploaded


def _gl_format(name: FormatName) -> _Format:
    if name == "rgba8":
        return _Format(gl.GL_RGBA8, gl.GL_RGBA, 4, gl.GL_UNSIGNED_BYTE)
    if name == "rgb8":
        return _Format(gl.GL_RGB8, gl.GL_RGB, 3, gl.GL_UNSIGNED_BYTE)
    if name == "rg8":
        return _Format(gl.GL_RG8, gl.GL_RG, 2, gl.GL_UNSIGNED_BYTE)
    if name == "r16f":
        return _Format(gl.GL_R16F, gl.GL_RED, 1, gl.GL_HALF_FLOAT)
    if name == "r32f":
        return _Format(gl.GL_R32F, gl.GL_RED, 1, gl.GL_FLOAT)
    return _Format(gl.GL_R8, gl.GL_RED, 1, gl.GL_UNSIGNED_BYTE)


class Texture2D:
    """A texture of ours, or a borrowed one whose storage we re-specify. Needs its GL context current."""

    def __init__(self, name: int, format_name: FormatName, filter_name: Filter, is_owned: bool) -> None:
        self.name = name
        self.width = 0
        self.height = 0
        self.format_name: FormatName = format_name
        self.is_owned = is_owned
        self._format = _gl_format(format_name)
        self._filter = gl.GL_LINEAR if filter_name == "linear" else gl.GL_NEAREST

    @classmethod
    def create(
        cls, width: int, height: int, format_name: FormatName = "rgba8", filter_name: Filter = "nearest"
    ) -> "Texture2D":
        """A new texture of (width, height) px with undefined contents."""
        texture = cls(int(gl.glGenTextures(1)), format_name, filter_name, is_owned=True)
        texture.resize(width, height)
        return texture

    @classmethod
    def adopt(cls, name: int, width: int, height: int) -> "Texture2D":
        """Take over the storage of a texture that somebody else made and will delete (Dear PyGui's static
        texture).

        It becomes RGBA8 of (width, height) px, sampled nearest, without mipmaps; its contents are lost.
        """
        texture = cls(name, "rgba8", "nearest", is_owned=False)
        texture.resize(width, height)
        return texture

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return (self.width, self.height)

    def resize(self, width: int, height: int) -> None:
        """Re-specify the storage (contents lost); the name stays. RenderError beyond the GPU's limit.

        Never while CUDA has the texture registered: see `render.cuda_texture.CudaTexture.resize`.
        """
        limit = int(gl.glGetIntegerv(gl.GL_MAX_TEXTURE_SIZE))
        if not (1 <= width <= limit and 1 <= height <= limit):
            raise RenderError(f"Texture size {width}x{height}: this GPU allows 1x1 to {limit}x{limit} px.")
        self.bind()
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)  # a leaked one would turn None into an offset in it
        gl.glTexImage2D(
            gl.GL_TEXTURE_2D,
            0,
            self._format.internal,
            width,
            height,
            0,
            self._format.external,
            self._format.component,
            None,
        )
        for parameter, value in (
            (gl.GL_TEXTURE_MIN_FILTER, self._filter),
            (gl.GL_TEXTURE_MAG_FILTER, self._filter),
            (gl.GL_TEXTURE_WRAP_S, gl.GL_CLAMP_TO_EDGE),
            (gl.GL_TEXTURE_WRAP_T, gl.GL_CLAMP_TO_EDGE),
            (gl.GL_TEXTURE_BASE_LEVEL, 0),
            (gl.GL_TEXTURE_MAX_LEVEL, 0),
        ):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, parameter, value)
        self.width, self.height = width, height

    def bind(self, unit: int = 0) -> None:
        """Bind to a texture unit."""
        gl.glActiveTexture(int(gl.GL_TEXTURE0) + unit)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.name)

    def upload(self, pixels: NDArray[np.uint8 | np.float16 | np.float32], x: int = 0, y: int = 0) -> None:
        """Write (h, w, channels), or (h, w) for one channel, with its top left at texel (x, y).

        The array's dtype is the format's: uint8, float16 for r16f, float32 for r32f.
        """
        channel_count = pixels.shape[2] if pixels.ndim == 3 else 1
        height, width = pixels.shape[:2]
        if (
            channel_count != self._format.channel_count
            or not (0 <= x <= self.width - width)
            or not (0 <= y <= self.height - height)
        ):
            raise RenderError(
                f"Upload of {width}x{height} px with {channel_count} channels at ({x}, {y}): the texture "
                f"holds {self.width}x{self.height} px with {self._format.channel_count} channels."
            )
        self.bind()
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)
        for parameter in (gl.GL_UNPACK_ROW_LENGTH, gl.GL_UNPACK_SKIP_PIXELS, gl.GL_UNPACK_SKIP_ROWS):
            gl.glPixelStorei(parameter, 0)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        gl.glTexSubImage2D(
            gl.GL_TEXTURE_2D,
            0,
            x,
            y,
            width,
            height,
            self._format.external,
            self._format.component,
            np.ascontiguousarray(pixels),
        )
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 4)

    def close(self) -> None:
        """Delete the texture if it is ours; a borrowed one is only let go."""
        if self.is_owned and self.name:
            gl.glDeleteTextures(1, [self.name])
        self.name = 0
