"""How a map of numbers (features, similarity) gets into a texture: the interface, and it for host memory.

`render.cuda_map_uploader` has the one that copies on the device. Either way the planes of (C, H, W) lie
below each other in one texture of one channel, bit for bit: shaders read channel c of texel (x, y) at
(x, y + c * H).
"""

from typing import Protocol

from render.inputs import check_map
from render.textures import FormatName, Texture2D


class MapUploader(Protocol):
    """Owns the map's texture and fills it."""

    @property
    def texture(self) -> Texture2D | None:
        """The stacked planes of the last map; None before the first."""
        ...

    @property
    def plane_count(self) -> int:
        """How many there are."""
        ...

    def upload(self, image: object) -> None:
        """Take this map. RenderError where its kind, dtype or shape is wrong; the last one stays."""
        ...

    def close(self) -> None:
        """Delete the texture."""
        ...


class HostMapUploader:
    """float16 or float32 numpy arrays (C, H, W) or (H, W), C of 1 to 4, by glTexSubImage2D."""

    def __init__(self) -> None:
        self._texture: Texture2D | None = None
        self.plane_count = 0

    @property
    def texture(self) -> Texture2D | None:
        """See `MapUploader`."""
        return self._texture

    def upload(self, image: object) -> None:
        """Copy the map into the texture, which is made anew only when its size or format changes."""
        planes = check_map(image)  # (C, H, W)
        count, height, width = planes.shape
        format_name: FormatName = "r16f" if planes.dtype == "float16" else "r32f"
        if self._texture is not None and self._texture.format_name != format_name:
            self.close()
        if self._texture is None:
            self._texture = Texture2D.create(width, height * count, format_name)
        elif self._texture.size != (width, height * count):
            self._texture.resize(width, height * count)
        self._texture.upload(planes.reshape(count * height, width))
        self.plane_count = count

    def close(self) -> None:
        """Delete the texture."""
        if self._texture is not None:
            self._texture.close()
            self._texture = None
