"""CUDA into OpenGL on a real GPU: torch's tensors, the real driver, an off-screen context on that GPU."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.cuda_graphs import CudaGraphs
from gan.generator import to_uint8
from gan.step_runner import CaptureRefusedError
from render.compositor import Picture
from render.cuda_driver import CudaInteropDriver
from render.cuda_texture import CudaTexture
from render.cuda_uploader import CudaPictureUploader
from render.device_image import DeviceImage
from render.errors import InteropError, RenderError
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.offscreen import OffscreenContext
from render.scene import Scene, View
from tests.offscreen import driver_or_skip
from tests.render.scenes import composed

pytestmark = [pytest.mark.gl, pytest.mark.cuda]
SIZE = 512
SCENE = Scene((SIZE, SIZE), View(1.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def driver(gl_context: OffscreenContext) -> CudaInteropDriver:
    """The real driver, or the reason why not."""
    return driver_or_skip(gl_context)


@pytest.fixture
def compositor(driver: CudaInteropDriver) -> Iterator[GlCompositor]:
    """Without a way through the host: whatever cannot be shared fails the test."""
    made = GlCompositor(uploader=CudaPictureUploader(0))
    yield made
    made.close()


def tensor(seed: int, dtype: torch.dtype = torch.float16, size: int = SIZE) -> torch.Tensor:
    generator = torch.Generator("cuda").manual_seed(seed)
    return (torch.rand((3, size, size), generator=generator, device="cuda") * 2.4 - 1.2).to(dtype)


def host_picture(image: torch.Tensor) -> Picture:
    return to_uint8(image.float()).cpu().numpy()


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_tensor_is_the_host_paths_picture(compositor: GlCompositor, dtype: torch.dtype) -> None:
    host = HostCompositor()
    for seed, size in enumerate((SIZE, 64, 1024, SIZE)):  # resized in between
        image = tensor(seed, dtype, size)
        scene = Scene((size, size), View(1.0, 0.0, 0.0))
        compositor.set_picture(DeviceImage(image, torch.cuda.current_stream().cuda_stream))
        host.set_picture(host_picture(image))
        assert np.abs(composed(compositor, scene).astype(int) - composed(host, scene)).max() <= 1


def test_a_bare_tensor_is_on_the_default_stream(compositor: GlCompositor) -> None:
    image = tensor(5)
    compositor.set_picture(image)
    assert np.abs(composed(compositor, SCENE).astype(int) - host_picture(image)).max() <= 1


def test_the_copy_waits_for_the_stream_that_makes_the_picture(compositor: GlCompositor) -> None:
    """Long work is queued on a stream of its own, then the picture; nobody synchronises."""
    stream = torch.cuda.Stream()
    wanted = tensor(6)
    image = torch.full_like(wanted, -1.0)
    slow = torch.rand((4096, 4096), device="cuda")
    torch.cuda.synchronize()
    for _ in range(3):
        with torch.cuda.stream(stream):
            image.fill_(-1.0)
            for _ in range(30):
                slow = (slow @ slow).clamp_(0, 1)
            image.copy_(wanted)
        compositor.set_picture(DeviceImage(image, stream.cuda_stream))
        with torch.cuda.stream(stream):
            image.fill_(1.0)  # the next picture overwrites it: behind the copy
        assert np.abs(composed(compositor, SCENE).astype(int) - host_picture(wanted)).max() <= 1


@pytest.mark.parametrize("shape", [(64, 64), (1, 64, 48), (2, 64, 48), (4, 128, 128)])
def test_maps_for_overlays_arrive_bit_for_bit(driver: CudaInteropDriver, shape: tuple[int, ...]) -> None:
    from tests.render.texels import texels

    shared = CudaTexture(driver, 0)
    values = torch.randn(shape, device="cuda")
    texture = shared.upload(DeviceImage(values, torch.cuda.current_stream().cuda_stream))
    np.testing.assert_array_equal(texels(texture), values.cpu().numpy().reshape(-1, shape[-1]))
    shared.close()


def test_registering_again_and_again_leaks_nothing(driver: CudaInteropDriver) -> None:
    def free_bytes() -> int:
        torch.cuda.synchronize()
        return torch.cuda.mem_get_info()[0]

    image = tensor(1, size=1024)
    compositor = GlCompositor(uploader=CudaPictureUploader(0))
    small = tensor(2, size=64)
    for _ in range(10):
        compositor.set_picture(image)
        compositor.set_picture(small)
    composed(compositor, SCENE)
    before = free_bytes()
    for _ in range(200):
        compositor.set_picture(image)  # another size: unregistered, resized, registered
        compositor.set_picture(small)
        compositor.compose(SCENE)
    composed(compositor, SCENE)
    assert before - free_bytes() < 16 << 20, "one leaked 1024 picture a frame would be 1.2 GB"
    compositor.close()


def test_pictures_are_shared_while_another_thread_records(compositor: GlCompositor) -> None:
    """As the window does while the worker records a step: neither may end what the other does."""
    images = [tensor(seed, size=size) for seed, size in enumerate((SIZE, 64, 1024))]
    torch.cuda.synchronize()
    failures: list[Exception] = []
    enough = threading.Event()
    count = 0

    def record() -> None:
        nonlocal count
        graphs, numbers = CudaGraphs(torch.device("cuda")), torch.zeros(1 << 20, device="cuda")

        def add() -> None:
            numbers.add_(1)

        try:
            while not enough.is_set():
                graphs.capture(add).replay()
                count += 1
        except (RuntimeError, CaptureRefusedError) as error:
            failures.append(error)

    thread = threading.Thread(target=record)
    thread.start()
    try:
        for i in range(60):
            image = images[i % 3]  # registered anew for every size
            compositor.set_picture(DeviceImage(image, torch.cuda.current_stream().cuda_stream))
            compositor.compose(SCENE)
    finally:
        enough.set()
        thread.join()
    assert failures == []
    assert count > 0
    scene = Scene((1024, 1024), View(1.0, 0.0, 0.0))
    assert np.abs(composed(compositor, scene).astype(int) - host_picture(images[2])).max() <= 1


def test_wrong_tensors_are_refused_and_the_last_picture_stays(compositor: GlCompositor) -> None:
    compositor.set_picture(tensor(1))
    before = composed(compositor, SCENE)
    for wrong in (
        tensor(1)[None],
        tensor(1).permute(1, 2, 0),
        tensor(1)[:, ::2, ::2],
        tensor(1, torch.float64),
        tensor(1, torch.bfloat16),
        tensor(1, torch.float32).requires_grad_(),
        tensor(1).cpu(),
    ):
        with pytest.raises(RenderError) as caught:
            compositor.set_picture(wrong)
        assert not isinstance(caught.value, InteropError)
        assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(composed(compositor, SCENE), before)


def test_a_frame_copies_no_picture_to_the_host(compositor: GlCompositor, tmp_path: Path) -> None:
    from torch.profiler import ProfilerActivity, profile

    images = [tensor(seed, size=1024) for seed in range(4)]
    compositor.set_picture(images[0])
    compositor.compose(SCENE)
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for image in images:
            compositor.set_picture(image)
            compositor.compose(SCENE)
        torch.cuda.synchronize()
    trace = tmp_path / "trace.json"
    profiled.export_chrome_trace(str(trace))
    copies = [
        event for event in json.loads(trace.read_text())["traceEvents"] if event.get("cat") == "gpu_memcpy"
    ]
    to_host = [copy["args"]["bytes"] for copy in copies if "DtoH" in copy["name"]]
    assert len(copies) >= len(images), "the profiler saw no copies at all: this test proves nothing"
    assert all(count < 1024 for count in to_host), f"copied to the host: {to_host} bytes"
