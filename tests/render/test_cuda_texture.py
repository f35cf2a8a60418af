"""Sharing a texture with CUDA, on a fake CUDA and the real GL: lifetime, order of calls, refusals."""

import numpy as np
import pytest

from render import gl_api as gl
from render.cuda_texture import CudaTexture
from render.device_image import DeviceImage, DeviceView, check_view
from render.errors import InteropError, RenderError
from tests.render.fake_interop import FakeDeviceArray, FakeInteropDriver
from tests.render.texels import texels

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("gl_context")]


def planes(shape: tuple[int, ...], dtype: type = np.float16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype)


def image(values: np.ndarray, stream: int = 5) -> DeviceImage:
    return DeviceImage(FakeDeviceArray(values), stream)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(7, 5), (1, 7, 5), (2, 7, 5), (3, 7, 5), (4, 9, 13)])
def test_planes_lie_below_each_other_bit_for_bit(shape: tuple[int, ...], dtype: type) -> None:
    driver = FakeInteropDriver()
    shared = CudaTexture(driver, 0)
    values = planes(shape, dtype)
    texture = shared.upload(image(values))
    np.testing.assert_array_equal(texels(texture), values.astype(np.float32).reshape(-1, shape[-1]))
    assert (shared.plane_size, shared.plane_count) == (
        (shape[-1], shape[-2]),
        values.size // (shape[-1] * shape[-2]),
    )
    shared.close()
    assert driver.alive == []


def test_registered_once_for_pictures_of_one_size() -> None:
    driver = FakeInteropDriver()
    shared = CudaTexture(driver, 0)
    for seed in range(200):
        shared.upload(image(planes((3, 8, 8), seed=seed), stream=seed))
    assert driver.calls.count("register_texture") == 1
    assert driver.calls.count("map") == driver.calls.count("unmap") == 200
    assert driver.streams == list(range(200)), "each copy belongs on the stream of its image"
    shared.close()


def test_unregistered_before_it_is_resized_and_before_it_is_deleted() -> None:
    driver = FakeInteropDriver()  # asserts it
    shared = CudaTexture(driver, 0)
    name = shared.upload(image(planes((3, 8, 8)))).name
    assert shared.upload(image(planes((3, 16, 4)))).name == name
    other = shared.upload(image(planes((3, 16, 4), np.float32)))
    assert other.format_name == "r32f"
    assert len(driver.alive) == 1
    shared.close()
    assert driver.alive == []
    assert not gl.glIsTexture(other.name)
    assert shared.texture is None
    shared.close()  # twice is allowed


def test_it_cannot_be_resized_mapped_again_or_closed_while_mapped() -> None:
    shared = CudaTexture(FakeInteropDriver(), 0)
    texture = shared.upload(image(planes((3, 8, 8))))
    with shared.mapped(5):
        with pytest.raises(InteropError, match="become 9x9 while CUDA writes it"):
            shared.resize(9, 9, "r16f")
        with pytest.raises(InteropError, match="mapped already"), shared.mapped(5):
            pass
        with pytest.raises(InteropError, match="closed while CUDA writes it"):
            shared.close()
    assert texture.size == (8, 24)
    shared.upload(image(planes((3, 9, 9))))
    shared.close()


def test_it_cannot_be_mapped_before_it_has_a_size() -> None:
    with pytest.raises(InteropError, match="not registered"), CudaTexture(FakeInteropDriver(), 0).mapped(0):
        pass


@pytest.mark.parametrize("call", ["mapped_array", "copy_rows"])
def test_whatever_fails_while_mapped_it_is_unmapped(call: str) -> None:
    driver = FakeInteropDriver()
    shared = CudaTexture(driver, 0)
    driver.failing.add(call)
    with pytest.raises(InteropError, match=call):
        shared.upload(image(planes((3, 8, 8))))
    assert driver.calls[-1] == "unmap"
    driver.failing.clear()
    shared.upload(image(planes((3, 8, 8))))  # and it can be used again
    shared.close()


@pytest.mark.parametrize("call", ["unregister", "map", "unmap", "register_texture"])
def test_a_lost_device_leaks_no_texture(call: str) -> None:
    driver = FakeInteropDriver()
    shared = CudaTexture(driver, 0)
    name = shared.upload(image(planes((3, 8, 8)))).name
    driver.failing.add(call)
    with pytest.raises(InteropError, match=f"{call}: lost"):
        shared.upload(image(planes((3, 9, 8))))
    driver.failing.add("unregister")
    if driver.alive:
        with pytest.raises(InteropError, match="unregister: lost"):
            shared.close()
    shared.close()
    assert not gl.glIsTexture(name)


def view(values: np.ndarray) -> DeviceView:
    return DeviceView(0, values.shape, str(values.dtype), values.flags.c_contiguous, values)


@pytest.mark.parametrize(
    ("values", "plane_count", "message"),
    [
        (np.zeros((3, 8, 8)), None, r"float64 array of shape \(3, 8, 8\): give float16 or float32"),
        (np.zeros((3, 8, 8), np.uint8), None, "uint8 array.*give float16 or float32"),
        (
            np.zeros((5, 8, 8), np.float16),
            None,
            r"shape \(5, 8, 8\): give shape \(C, H, W\) with C of 1 to 4",
        ),
        (np.zeros((1, 3, 8, 8), np.float16), None, r"shape \(1, 3, 8, 8\): give shape"),
        (np.zeros(8, np.float16), None, r"shape \(8,\): give shape"),
        (np.zeros((3, 0, 8), np.float16), None, r"shape \(3, 0, 8\): give shape"),
        (np.zeros((8, 8, 3), np.float16), 3, r"shape \(8, 8, 3\): give shape \(3, H, W\)"),
        (np.zeros((2, 8, 8), np.float16), 3, r"shape \(2, 8, 8\): give shape \(3, H, W\)"),
        (np.zeros((3, 8, 16), np.float16)[..., ::2], 3, r"not contiguous: call \.contiguous\(\)"),
    ],
)
def test_images_that_cannot_be_copied_are_refused(
    values: np.ndarray, plane_count: int | None, message: str
) -> None:
    with pytest.raises(RenderError, match=message) as caught:
        check_view(view(values), plane_count)
    assert "\n" not in str(caught.value)
