"""`CudaPictureUploader`: pictures that never leave the GPU, with the way through host memory behind it.

Whatever CUDA and GL cannot do together is said once, in one line; from then on pictures go through the host.
The window goes on, and the edit has not noticed.
"""

from collections.abc import Callable
from contextlib import suppress

from render.compositor import Picture
from render.cuda_driver import CudaInteropDriver, InteropDriver, check_same_gpu
from render.cuda_map_uploader import CudaMapUploader, MapToHost
from render.cuda_texture import CudaTexture
from render.device_image import DeviceImage
from render.errors import InteropError
from render.map_uploader import MapUploader
from render.picture_uploader import HostPictureUploader, PictureUploader
from render.plane_merger import PlaneMerger
from render.textures import Texture2D


class CudaPictureUploader:
    """See `render.picture_uploader.PictureUploader`. Takes device images and host pictures, in any order."""

    def __init__(
        self,
        device: int = 0,
        to_host: Callable[[object], Picture] | None = None,
        say: Callable[[str], None] | None = None,
        open_driver: Callable[[], InteropDriver] = CudaInteropDriver,
        map_to_host: MapToHost | None = None,
    ) -> None:
        """Open CUDA for the current GL context.

        Args:
            device: CUDA device that makes the pictures.
            to_host: copies a device array (the one given to `upload`) to uint8 (H, W, 3); it waits for the
                GPU, and raises RenderError where it cannot. None = there is no way through the host.
            say: gets the one line why pictures go through the host.
            open_driver: the CUDA calls; tests give a fake.
            map_to_host: as `to_host`, for maps of numbers: they keep dtype and shape.

        Raises:
            InteropError: CUDA and GL cannot share memory here, and `to_host` is None.
        """
        self._device = device
        self._to_host = to_host
        self._map_to_host = map_to_host
        self._driver: InteropDriver | None = None  # None = it does not answer
        self._say = say
        self._host = HostPictureUploader()
        self._planes: CudaTexture | None = None  # None = pictures go through the host
        self._merger: PlaneMerger | None = None
        self._texture: Texture2D | None = None
        self.refusal: str | None = None  # why they do
        try:
            driver = open_driver()
            driver.select_device(device)
            check_same_gpu(driver, device)
            self._planes = CudaTexture(driver, device)
            self._driver = driver
        except InteropError as error:
            if to_host is None:
                raise
            self._give_up(error)

    @property
    def texture(self) -> Texture2D | None:
        """The texture with the last picture; None before the first."""
        return self._texture

    @property
    def is_shared(self) -> bool:
        """Whether device pictures stay on the device."""
        return self._planes is not None

    def upload(self, picture: object) -> None:
        """Take a picture.

        Args:
            picture: a `DeviceImage`, or a bare device array on the default stream: contiguous (3, H, W)
                float16 or float32 in -1..1; or a host picture, uint8 (H, W, 3).

        Raises:
            RenderError: its kind, dtype or shape is wrong; the last picture stays.
            InteropError: it cannot be shared, and `to_host` is None; host pictures are still taken.
        """
        image = DeviceImage.of(picture)
        if image is None:
            self._upload_host(picture)
            return
        if self._planes is not None:
            try:
                stacked = self._planes.upload(image, plane_count=3)
            except InteropError as error:
                self._give_up(error)
            else:
                self._merger = self._merger or PlaneMerger()
                self._texture = self._merger.merge(stacked)
                return
        if self._to_host is None:
            raise InteropError(self.refusal or "CUDA and OpenGL cannot share memory.")
        self._upload_host(self._to_host(image.array))

    def another(self) -> PictureUploader:
        """See `PictureUploader`. It says nothing: what does not work is said by this one."""
        driver = self._driver
        if driver is None or self._planes is None:
            # device pictures may still come: they go through the host there, too
            return CudaPictureUploader(self._device, self._to_host, None, _refusing(self.refusal))
        return CudaPictureUploader(self._device, self._to_host, None, lambda: driver)

    def for_maps(self) -> MapUploader:
        """See `PictureUploader`."""
        driver = self._driver if self._planes is not None else None
        return CudaMapUploader(driver, self._device, self._map_to_host)

    def close(self) -> None:
        """Unregister and delete everything."""
        self._texture = None
        self._close_planes()
        if self._merger is not None:
            self._merger.close()
            self._merger = None
        self._host.close()

    def _upload_host(self, picture: object) -> None:
        self._host.upload(picture)
        self._texture = self._host.texture

    def _give_up(self, error: InteropError) -> None:
        """No more sharing: a driver that failed once (a lost device) answers nothing but errors."""
        self.refusal = str(error)
        self._close_planes()
        if self._say is not None and self._to_host is not None:
            self._say(f"display: pictures go through host memory. {error}")

    def _close_planes(self) -> None:
        """Deletes what CUDA shares; the merged picture is GL's own and stays shown until the next one."""
        planes, self._planes = self._planes, None
        if planes is not None:
            with suppress(InteropError):  # the line that matters is the one that brought us here
                planes.close()


def _refusing(refusal: str | None) -> Callable[[], InteropDriver]:
    def open_driver() -> InteropDriver:
        raise InteropError(refusal or "CUDA and OpenGL cannot share memory.")

    return open_driver
