"""The CUDA uploader on a fake CUDA: the host path's picture, and after every fault a living window."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from render import gl_api as gl
from render.compositor import Picture
from render.cuda_uploader import CudaPictureUploader
from render.device_image import DeviceImage
from render.errors import InteropError, RenderError
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.scene import Scene, View
from tests.render.device_values import planes, to_host, to_uint8
from tests.render.fake_interop import FakeDeviceArray, FakeInteropDriver
from tests.render.scenes import composed, texture_count

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("gl_context")]
SCENE = Scene((40, 30), View(1.0, 2.0, 3.0))
PLACE = (slice(3, 23), slice(2, 26))  # of a 24 x 20 picture in it


def opened(
    driver: FakeInteropDriver, to_host: Callable[[object], Picture] | None = to_host
) -> tuple[GlCompositor, CudaPictureUploader, list[str]]:
    said: list[str] = []
    uploader = CudaPictureUploader(0, to_host, said.append, lambda: driver)
    return GlCompositor(uploader=uploader), uploader, said


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_device_picture_is_the_host_paths_picture(dtype: type) -> None:
    compositor, uploader, said = opened(FakeInteropDriver())
    host = HostCompositor()
    for size in ((24, 20), (33, 7), (24, 20)):
        values = planes(1, dtype, size)
        compositor.set_picture(DeviceImage(FakeDeviceArray(values), 7))
        host.set_picture(to_uint8(values))
        ours, oracle = composed(compositor, SCENE), composed(host, SCENE)
        x, y = size
        np.testing.assert_array_equal(ours[3 : 3 + y, 2 : 2 + x], oracle[3 : 3 + y, 2 : 2 + x])
        assert np.abs(ours.astype(int) - oracle).max() <= 1
    assert uploader.is_shared
    assert said == []
    compositor.close()


def test_every_level_of_both_formats() -> None:
    """All finite halves: the shader's rounding is the host's."""
    every = np.arange(0, 1 << 16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)][: 63 * 1000]
    values = np.concatenate([every, every[::-1], np.roll(every, 5)]).reshape(3, 63, 1000)
    compositor, _, _ = opened(FakeInteropDriver())
    compositor.set_picture(FakeDeviceArray(values))
    output = composed(compositor, Scene((1000, 63), View(1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(output, to_uint8(values))
    compositor.close()


def test_composing_after_the_windows_leaks() -> None:
    """Merging draws, also where the GUI left a colour mask and a scissor behind; and leaves neither."""
    compositor, _, _ = opened(FakeInteropDriver())
    gl.glColorMask(True, False, False, True)
    gl.glEnable(gl.GL_SCISSOR_TEST)
    gl.glScissor(0, 0, 1, 1)
    values = planes(2)
    compositor.set_picture(FakeDeviceArray(values))
    assert not gl.glIsEnabled(gl.GL_SCISSOR_TEST)
    np.testing.assert_array_equal(composed(compositor, SCENE)[PLACE], to_uint8(values))
    compositor.close()


def test_host_and_device_pictures_in_turns() -> None:
    compositor, _, _ = opened(FakeInteropDriver())
    for seed in range(4):
        values = planes(seed)
        compositor.set_picture(
            FakeDeviceArray(values) if seed % 2 else np.ascontiguousarray(to_uint8(values))
        )
        np.testing.assert_array_equal(composed(compositor, SCENE)[PLACE], to_uint8(values))
    compositor.close()


def other_gpu() -> FakeInteropDriver:
    return FakeInteropDriver(gl_devices=(1,))


def no_gpu() -> FakeInteropDriver:
    return FakeInteropDriver(gl_devices=())


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (other_gpu, "drawn by CUDA GPU 1, the model runs on GPU 0: draw on the GPU that computes"),
        (no_gpu, "drawn by no CUDA GPU.*__NV_PRIME_RENDER_OFFLOAD=1 __GLX_VENDOR_LIBRARY_NAME=nvidia"),
    ],
)
def test_gl_on_another_gpu(make: Callable[[], FakeInteropDriver], line: str) -> None:
    with pytest.raises(InteropError, match=line):
        CudaPictureUploader(0, None, None, make)
    compositor, uploader, said = opened(make())
    assert not uploader.is_shared
    shows_the_next_picture(compositor)
    assert len(said) == 1
    assert said[0].startswith("display: pictures go through host memory. ")
    assert re.search(line, said[0])
    compositor.close()


@pytest.mark.parametrize("call", ["select_device", "gl_devices"])
def test_cuda_that_does_not_start(call: str) -> None:
    driver = FakeInteropDriver()
    driver.failing.add(call)
    compositor, uploader, said = opened(driver)
    assert (uploader.is_shared, len(said)) == (False, 1)
    shows_the_next_picture(compositor)
    compositor.close()


@pytest.mark.parametrize("call", ["view", "register_texture", "map", "mapped_array", "copy_rows", "unmap"])
@pytest.mark.parametrize("picture_count", [0, 3])
def test_a_fault_in_the_middle_goes_over_to_the_host(call: str, picture_count: int) -> None:
    driver = FakeInteropDriver()
    compositor, uploader, said = opened(driver)
    for seed in range(picture_count):
        compositor.set_picture(FakeDeviceArray(planes(seed, size=(8 + seed, 8))))
    driver.failing.add(call)
    shows_the_next_picture(compositor)
    assert not uploader.is_shared
    assert len(said) == 1
    assert call in said[0]
    assert "\n" not in said[0]
    failed_calls = len(driver.calls)
    shows_the_next_picture(compositor)
    assert len(driver.calls) == failed_calls, "a driver that failed is not asked again"
    assert len(said) == 1, "said once"
    assert driver.alive == []
    compositor.close()


def shows_the_next_picture(compositor: GlCompositor) -> None:
    values = planes(9)
    compositor.set_picture(FakeDeviceArray(values))
    np.testing.assert_array_equal(composed(compositor, SCENE)[PLACE], to_uint8(values))


def test_without_a_way_through_the_host_the_error_comes_out_and_the_window_lives() -> None:
    driver = FakeInteropDriver()
    compositor, uploader, said = opened(driver, to_host=None)
    compositor.set_picture(FakeDeviceArray(planes(1)))
    before = composed(compositor, SCENE)
    driver.failing.add("map")
    for _ in range(2):
        with pytest.raises(InteropError, match="map: lost"):
            compositor.set_picture(FakeDeviceArray(planes(2)))
    np.testing.assert_array_equal(composed(compositor, SCENE), before)
    assert said == []
    assert uploader.refusal is not None
    picture = np.ascontiguousarray(to_uint8(planes(3)))
    compositor.set_picture(picture)  # the app converted it itself
    np.testing.assert_array_equal(composed(compositor, SCENE)[PLACE], picture)
    compositor.close()


def test_a_wrong_picture_is_refused_and_changes_nothing() -> None:
    driver = FakeInteropDriver()
    compositor, uploader, said = opened(driver)
    compositor.set_picture(FakeDeviceArray(planes(1)))
    before = composed(compositor, SCENE)
    wrong: list[object] = [
        FakeDeviceArray(np.zeros((3, 8, 8))),
        FakeDeviceArray(np.zeros((8, 8, 3), np.float16)),
        FakeDeviceArray(np.zeros((3, 8, 16), np.float16)[..., ::2]),
        np.zeros((8, 8), np.uint8),
        "picture.png",
    ]
    for picture in wrong:
        with pytest.raises(RenderError) as caught:
            compositor.set_picture(picture)
        assert not isinstance(caught.value, InteropError)
        assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(composed(compositor, SCENE), before)
    assert uploader.is_shared
    assert said == []
    compositor.close()


def test_an_array_of_another_gpu_goes_through_the_host() -> None:
    compositor, _, said = opened(FakeInteropDriver())
    values = planes(4)
    compositor.set_picture(FakeDeviceArray(values, device=1))
    np.testing.assert_array_equal(composed(compositor, SCENE)[PLACE], to_uint8(values))
    assert len(said) == 1
    assert "GPU 1" in said[0]
    compositor.close()


def test_nothing_is_left_when_it_is_closed() -> None:
    before = texture_count()
    driver = FakeInteropDriver()
    compositor, _, _ = opened(driver)
    counts: set[int] = set()
    for seed in range(200):
        compositor.set_picture(FakeDeviceArray(planes(seed, size=(8 + seed % 2, 8))))
        if seed % 50 < 2:
            counts.add(texture_count())
    assert len(counts) == 1
    compositor.close()
    assert texture_count() == before
    assert driver.alive == []


def test_the_plain_uploader_says_what_to_do_with_a_device_image() -> None:
    compositor = GlCompositor()
    with pytest.raises(RenderError, match=r"GPU memory.*--device cpu"):
        compositor.set_picture(DeviceImage(FakeDeviceArray(planes())))
    compositor.close()
