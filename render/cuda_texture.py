"""`CudaTexture`: a GL texture that CUDA fills from device memory, without the host in between.

The planes of an image (C, H, W) lie below each other in one texture of one channel, W x C*H texels: so the
contiguous array is copied as it is, and no conversion kernel is needed; a shader reads channel c of texel
(x, y) at (x, y + c * H). GL has no three-channel texture that CUDA could write.
"""

from collections.abc import Generator
from contextlib import contextmanager

from render.cuda_driver import InteropDriver
from render.device_image import DeviceImage, TexelFormat, check_view
from render.errors import InteropError
from render.textures import Texture2D


class CudaTexture:
    """Owns the texture and its registration. Call everything on the GL context's thread.

    Lifetime: registered at its first use, unregistered before every resize and before it is deleted; mapped
    only inside `mapped`. After an InteropError it may be used again or closed.
    """

    def __init__(self, driver: InteropDriver, device: int) -> None:
        """`device`: the CUDA device that draws the GL context; images of others are refused."""
        self._driver = driver
        self._device = device
        self._texture: Texture2D | None = None
        self._resource: object | None = None  # of the registration, None = not registered
        self._is_mapped = False
        self.plane_size = (0, 0)  # (width, height) of one plane
        self.plane_count = 0

    @property
    def texture(self) -> Texture2D | None:
        """The stacked planes; None before the first upload. Not to be read while mapped."""
        return self._texture

    def upload(self, image: DeviceImage, plane_count: int | None = None) -> Texture2D:
        """Queue the copy of an image on its stream; GL calls from here on see it. Never waits.

        Args:
            image: (C, H, W) with C of 1 to 4, or (H, W); contiguous float16 or float32, kept bit for bit.
            plane_count: the only C that will do; None = any.

        Raises:
            RenderError: the image's shape, dtype or layout; the last contents stay.
            InteropError: CUDA refuses, or the image is on another device.
        """
        view = check_view(self._driver.view(image, self._device), plane_count)
        width, height = view.size
        texture = self.resize(width, height * view.plane_count, view.texel_format)
        self.plane_size, self.plane_count = view.size, view.plane_count
        with self.mapped(image.stream) as array:
            self._driver.copy_rows(array, view, image.stream)
        return texture

    def resize(self, width: int, height: int, format_name: TexelFormat) -> Texture2D:
        """The registered texture of this size in texels and format; made or resized if it differs.

        InteropError while it is mapped: GL must not touch it then. RenderError beyond the GPU's limit.
        """
        if self._is_mapped:
            raise InteropError(
                f"Texture is asked to become {width}x{height} while CUDA writes it: let the upload end first."
            )
        texture = self._texture
        if texture is None or texture.format_name != format_name:
            self.close()
            texture = self._texture = Texture2D.create(width, height, format_name)
        elif texture.size != (width, height):
            self._unregister()
            texture.resize(width, height)
        if self._resource is None:
            self._resource = self._driver.register_texture(texture.name)
        return texture

    @contextmanager
    def mapped(self, stream: int) -> Generator[object]:
        """Lend the texture to CUDA for the block: gives its CUDA array, good only inside.

        GL's work so far comes before the stream's in the block, and that before GL's work after it.
        InteropError if there is nothing to map, or it is mapped already.
        """
        resource = self._resource
        if resource is None or self._is_mapped:
            state = "mapped already" if self._is_mapped else "not registered"
            raise InteropError(f"Texture is {state}: give it a size, and map it once at a time.")
        self._driver.map(resource, stream)
        self._is_mapped = True
        try:
            yield self._driver.mapped_array(resource)
        finally:
            self._is_mapped = False
            self._driver.unmap(resource, stream)

    def close(self) -> None:
        """Unregister, then delete. The texture is deleted even where CUDA no longer answers."""
        if self._is_mapped:
            raise InteropError("Texture is closed while CUDA writes it: let the upload end first.")
        texture, self._texture = self._texture, None
        try:
            self._unregister()
        finally:
            if texture is not None:
                texture.close()

    def _unregister(self) -> None:
        # Forgotten first: a resource that CUDA refuses to give back is not to be used or given back again.
        resource, self._resource = self._resource, None
        if resource is not None:
            self._driver.unregister(resource)
