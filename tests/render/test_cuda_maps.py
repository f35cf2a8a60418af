"""Maps and the start picture from a GPU's memory, on a fake CUDA: as from the host, and after faults too."""

from __future__ import annotations

import numpy as np
import pytest

from render.cuda_uploader import CudaPictureUploader
from render.device_image import DeviceImage
from render.errors import InteropError, RenderError
from render.gl_compositor import GlCompositor
from render.scene import Scene
from tests.render.device_values import planes, to_host, to_uint8
from tests.render.fake_interop import FakeDeviceArray, FakeInteropDriver
from tests.render.overlay_cases import CASES, SIZE, fill, overlay_scene, smooth
from tests.render.scenes import composed

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("gl_context")]
SCENE: Scene = overlay_scene(CASES["all"])


def values_of(array: object) -> np.ndarray:
    assert isinstance(array, FakeDeviceArray)
    return array.values


def opened(driver: FakeInteropDriver, through_host: bool = True) -> tuple[GlCompositor, list[str]]:
    said: list[str] = []
    back = (to_host, values_of) if through_host else (None, None)
    uploader = CudaPictureUploader(0, back[0], said.append, lambda: driver, back[1])
    return GlCompositor(uploader=uploader), said


def show(compositor: GlCompositor, seed: int, on_device: bool) -> np.ndarray:
    """Picture, start and maps of a seed, from one memory or the other."""
    picture, start = planes(seed, size=SIZE), planes(seed + 50, size=SIZE)
    features, similar = smooth(seed, (3, 12, 16)), np.abs(smooth(seed, (1, 9, 7)).astype(np.float32))[0]
    if on_device:
        compositor.set_picture(DeviceImage(FakeDeviceArray(picture), 5))
        compositor.set_layer("start", DeviceImage(FakeDeviceArray(start), 6))
        compositor.set_layer("features", DeviceImage(FakeDeviceArray(features), 7))
        compositor.set_layer("similarity", DeviceImage(FakeDeviceArray(similar), 8))
    else:
        compositor.set_picture(np.ascontiguousarray(to_uint8(picture)))
        compositor.set_layer("start", np.ascontiguousarray(to_uint8(start)))
        compositor.set_layer("features", features)
        compositor.set_layer("similarity", similar)
    return composed(compositor, SCENE)


def test_layers_from_the_device_are_those_of_the_host(compositor: GlCompositor) -> None:
    driver = FakeInteropDriver()
    shared, said = opened(driver)
    for seed in range(3):
        np.testing.assert_array_equal(show(shared, seed, on_device=True), show(compositor, seed, False))
    assert driver.streams[:4] == [5, 6, 7, 8], "each is copied on the stream that makes it"
    assert said == []
    shared.close()
    assert driver.alive == []


def test_both_memories_in_turns(compositor: GlCompositor) -> None:
    shared, _ = opened(FakeInteropDriver())
    for seed in range(4):
        ours = show(shared, seed, on_device=seed % 2 == 0)
        np.testing.assert_array_equal(ours, show(compositor, seed, False))
    shared.close()


@pytest.mark.parametrize("call", ["view", "register_texture", "map", "copy_rows", "unmap"])
@pytest.mark.parametrize("shown_before", [False, True])
def test_after_a_fault_layers_go_through_the_host(
    compositor: GlCompositor, call: str, shown_before: bool
) -> None:
    driver = FakeInteropDriver()
    shared, said = opened(driver)
    if shown_before:
        show(shared, 0, on_device=True)
    driver.failing.add(call)
    for seed in (1, 2):
        np.testing.assert_array_equal(show(shared, seed, on_device=True), show(compositor, seed, False))
    assert len(said) <= 1, "said once, by the picture's, where that cannot be shared either"
    shared.close()


def test_a_gpu_that_never_shared(compositor: GlCompositor) -> None:
    shared, said = opened(FakeInteropDriver(gl_devices=()))
    np.testing.assert_array_equal(show(shared, 1, on_device=True), show(compositor, 1, False))
    assert len(said) == 1
    shared.close()


def test_without_a_way_through_the_host_the_error_comes_out_and_the_last_map_stays() -> None:
    driver = FakeInteropDriver()
    shared, _ = opened(driver, through_host=False)
    fill(shared)
    before = composed(shared, SCENE)
    driver.failing.add("map")
    for _ in range(2):
        with pytest.raises(InteropError, match="map: lost"):
            shared.set_layer("features", FakeDeviceArray(smooth(9, (3, 4, 4))))
    np.testing.assert_array_equal(composed(shared, SCENE), before)
    shared.close()


def test_a_wrong_map_is_refused_and_changes_nothing() -> None:
    driver = FakeInteropDriver()
    shared, said = opened(driver)
    show(shared, 1, on_device=True)
    before = composed(shared, SCENE)
    for wrong in (np.zeros((5, 4, 4), np.float16), np.zeros((3, 4, 4)), np.zeros((2, 3, 4, 4), np.float16)):
        with pytest.raises(RenderError, match="Device image is a"):
            shared.set_layer("features", FakeDeviceArray(wrong))
        np.testing.assert_array_equal(composed(shared, SCENE), before)
    assert said == []
    shared.close()


def test_taking_a_layer_away_gives_its_texture_back() -> None:
    driver = FakeInteropDriver()
    shared, _ = opened(driver)
    show(shared, 1, on_device=True)
    assert len(driver.alive) == 4
    for name in ("start", "features", "similarity"):
        shared.set_layer(name, None)  # pyright: ignore[reportArgumentType]
    assert len(driver.alive) == 1
    shared.close()


def test_another_uploader_takes_over_with_its_first_images(compositor: GlCompositor) -> None:
    """A model on another device is opened: what is shown stays until its pictures and maps come."""
    switched = GlCompositor()
    before = show(switched, 0, on_device=False)
    driver = FakeInteropDriver()
    switched.use_uploader(CudaPictureUploader(0, to_host, None, lambda: driver, values_of))
    np.testing.assert_array_equal(composed(switched, SCENE), before)
    np.testing.assert_array_equal(show(switched, 1, on_device=True), show(compositor, 1, False))
    assert len(driver.alive) == 4
    switched.close()
    assert driver.alive == []
