"""How a picture gets into its texture: the `PictureUploader` interface and the implementation for host
memory.

`render.cuda_uploader` has the one that copies on the device; it is handed to `GlCompositor(uploader=...)`.
"""

from typing import Protocol

import numpy as np

from render.inputs import check_picture
from render.map_uploader import HostMapUploader, MapUploader
from render.textures import Texture2D


class PictureUploader(Protocol):
    """Owns the picture's texture and fills it."""

    @property
    def texture(self) -> Texture2D | None:
        """The texture with the last picture; None before the first."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether pictures that are in a GPU's memory stay there."""
        ...

    def upload(self, picture: object) -> None:
        """Take this picture. RenderError where its kind, dtype or shape is wrong; the last one stays."""
        ...

    def another(self) -> "PictureUploader":
        """One like this for another picture; it is closed by whoever asked for it."""
        ...

    def for_maps(self) -> MapUploader:
        """One that takes maps the same way; closed likewise."""
        ...

    def close(self) -> None:
        """Delete the texture."""
        ...


class HostPictureUploader:
    """uint8 (H, W, 3) numpy arrays by glTexSubImage2D."""

    def __init__(self) -> None:
        self._texture: Texture2D | None = None
        self._texels = np.empty((0, 0, 4), np.uint8)

    @property
    def texture(self) -> Texture2D | None:
        """The texture with the last picture; None before the first."""
        return self._texture

    @property
    def is_shared(self) -> bool:
        """See `PictureUploader`: it takes none."""
        return False

    def upload(self, picture: object) -> None:
        """Copy the picture into the texture, which is made anew only when its size changes."""
        pixels = check_picture(picture)
        height, width = pixels.shape[:2]
        if self._texture is None:
            self._texture = Texture2D.create(width, height, "rgb8")
        elif self._texture.size != (width, height):
            self._texture.resize(width, height)
        self._texture.upload(pixels)

    def another(self) -> "HostPictureUploader":
        """See `PictureUploader`."""
        return HostPictureUploader()

    def for_maps(self) -> HostMapUploader:
        """See `PictureUploader`."""
        return HostMapUploader()

    def close(self) -> None:
        """Delete the texture."""
        if self._texture is not None:
            self._texture.close()
            self._texture = None
