"""`CudaMapUploader`: maps that never leave the GPU, with the way through host memory behind it.

As pictures are (`render.cuda_uploader`): the copy is queued on the stream that the map names, nothing waits;
and what CUDA and GL cannot do together is given up once.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from render.cuda_driver import InteropDriver
from render.cuda_texture import CudaTexture
from render.device_image import DeviceImage
from render.errors import InteropError
from render.map_uploader import HostMapUploader
from render.textures import Texture2D

MapToHost = Callable[[object], NDArray[Any]]  # a device array -> the same on the host; waits for the GPU


class CudaMapUploader:
    """See `render.map_uploader.MapUploader`. Takes device images and host arrays, in any order."""

    def __init__(self, driver: InteropDriver | None, device: int, to_host: MapToHost | None) -> None:
        """driver: opened, and known to draw on `device`; None = it does not. to_host: None = there is no way
        through the host."""
        self._to_host = to_host
        # None = maps go through the host
        self._planes: CudaTexture | None = None if driver is None else CudaTexture(driver, device)
        self._host = HostMapUploader()
        self._is_on_device = False  # the last map
        self.refusal: str | None = None

    @property
    def texture(self) -> Texture2D | None:
        """See `MapUploader`."""
        if self._is_on_device and self._planes is not None:
            return self._planes.texture
        return self._host.texture

    @property
    def plane_count(self) -> int:
        """See `MapUploader`."""
        if self._is_on_device and self._planes is not None:
            return self._planes.plane_count
        return self._host.plane_count

    def upload(self, image: object) -> None:
        """Take a map: a `DeviceImage`, a bare device array on the default stream, or a host array.

        RenderError where its kind, dtype or shape is wrong; InteropError where it cannot be shared and
        `to_host` is None. The last map stays.
        """
        on_device = DeviceImage.of(image)
        if on_device is None:
            self._host.upload(image)
            self._is_on_device = False
            return
        if self._planes is not None:
            try:
                self._planes.upload(on_device)
            except InteropError as error:
                self.refusal = str(error)
                self._close_planes()
            else:
                self._is_on_device = True
                return
        if self._to_host is None:
            raise InteropError(self.refusal or "CUDA and OpenGL cannot share memory.")
        self._host.upload(self._to_host(on_device.array))
        self._is_on_device = False

    def close(self) -> None:
        """Unregister and delete everything."""
        self._close_planes()
        self._host.close()

    def _close_planes(self) -> None:
        planes, self._planes = self._planes, None
        self._is_on_device = False
        if planes is not None:
            with suppress(InteropError):  # the line that matters is the one that brought us here
                planes.close()
