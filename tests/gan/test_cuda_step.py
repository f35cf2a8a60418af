"""The captured step on a GPU, skipped, with the reason, where there is none; what graphs that a processor can
play tell of it is told there too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from gan import DragParams, DragSession, Generator, load_generator
from gan.cuda_graphs import CudaGraphs, PendingResult
from gan.device_fallback import DeviceFallback, DeviceLevel
from gan.half_precision import HalfPrecision
from gan.random_model import random_architecture, random_generator
from gan.step_runner import CapturedRunner, EagerRunner
from tests.gan.played_graphs import PlayedGraphs

T = TypeVar("T", bound=Any)

NEEDS_GPU = (
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none"),
)
DEVICE = torch.device("cuda")
DISPLAY_STEP = 2 / 255  # of 8 bits, in pictures' -1..1
# in shares of the picture: handles and their targets
POINTS = ([(0.47, 0.52), (0.0, 0.984)], [(0.625, 0.47), (1.1, 0.78)])


def on_gpu(test: T) -> T:
    """A test of what only a GPU can show."""
    for mark in NEEDS_GPU:
        test = mark(test)
    return test


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=NEEDS_GPU)])
def anywhere(request: pytest.FixtureRequest) -> Generator:
    """The embedded generator; on a processor graphs are played, so that the tests themselves are tried."""
    return load_generator(device=request.param)


@pytest.fixture(scope="module")
def embedded() -> Generator:
    return load_generator(device="cuda")


@pytest.fixture(scope="module")
def config_f() -> Generator:
    return random_generator(random_architecture(1024, 32768), device="cuda")


@contextmanager
def no_waiting() -> Iterator[None]:
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def at(generator: Generator, place: tuple[float, float]) -> tuple[float, float]:
    """The image point at these shares of the picture's size."""
    return place[0] * generator.width, place[1] * generator.height


def sessions(
    generator: Generator, params: DragParams, masked: bool = False
) -> tuple[DragSession, DragSession, CapturedRunner]:
    size = generator.width
    mask = np.tri(size, dtype=bool) if masked else None
    points = [[at(generator, place) for place in part] for part in POINTS]
    played = generator.device.type == "cpu"
    runner = CapturedRunner(PlayedGraphs() if played else CudaGraphs(generator.device))
    eager, captured = (
        DragSession(generator, generator.sample(3), points[0], points[1], mask, params, runner=r)
        for r in (EagerRunner(), runner)
    )
    return eager, captured, runner


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("params", [DragParams(), DragParams.paper(), DragParams.released()])
def test_the_captured_step_is_the_eager_step(anywhere: Generator, params: DragParams, masked: bool) -> None:
    eager, captured, runner = sessions(anywhere, params, masked)
    start = eager.w_plus
    for _ in range(20):
        a, b = eager.step().to_host(), captured.step().to_host()
        np.testing.assert_allclose(a.handles, b.handles, atol=1e-3)
        np.testing.assert_allclose(a.loss, b.loss, rtol=1e-4)
    moved = (eager.w_plus - start).norm()
    assert float((eager.w_plus - captured.w_plus).norm() / moved) < 1e-4
    assert runner.capture_count == 1


@on_gpu
def test_32_bit_convolutions_are_exact(embedded: Generator) -> None:
    """Not TF32, which is torch's default for them: features are good to 1e-5 against 64 bits."""
    on_host = load_generator(device="cpu", dtype=torch.float64)
    latent = on_host.sample(3)
    block = on_host.architecture.default_feature_resolution
    expected = on_host.features(latent, block)
    got = embedded.features(latent.to(embedded.device, embedded.dtype), block).double().cpu()
    assert float((got - expected).norm() / expected.norm()) < 1e-5


def test_the_same_snapshot_goes_the_same_way_bit_for_bit(anywhere: Generator) -> None:
    _, captured, _ = sessions(anywhere, DragParams(), masked=True)
    captured.step()
    before = captured.snapshot()
    paths = []
    for _ in range(2):
        captured.restore(before)
        for _ in range(5):
            captured.step()
        paths.append(captured.w_plus.clone())
    assert torch.equal(*paths)


@on_gpu
def test_the_gpu_goes_the_way_of_the_processor(embedded: Generator) -> None:
    on_host = load_generator(device="cpu")
    ways = []
    for generator in (on_host, embedded):
        latent = on_host.sample(3).to(generator.device)
        handle, target = at(generator, (0.23, 0.26)), at(generator, (0.31, 0.23))
        session = DragSession(generator, latent, [handle], [target], params=DragParams.released())
        ways.append([session.step().to_host().handles for _ in range(20)])
    np.testing.assert_allclose(ways[0], ways[1], atol=1)


def test_recorded_anew_only_where_shapes_change(anywhere: Generator) -> None:
    eager, captured, runner = sessions(anywhere, DragParams())
    for count, change in enumerate(
        (
            lambda s: None,
            lambda s: s.add_handle(at(anywhere, (0.08, 0.08)), at(anywhere, (0.16, 0.16))),
            lambda s: s.remove_handle(0),
            lambda s: s.set_mask(np.tri(anywhere.width, dtype=bool)),
        ),
        start=1,
    ):
        for step in range(3):
            for session in (eager, captured):
                if step == 0:
                    change(session)
                session.move_target(1, at(anywhere, (0.4 + 0.01 * step, 0.3)))  # live
            a, b = eager.step().to_host(), captured.step().to_host()
            np.testing.assert_allclose(a.handles, b.handles, atol=1e-3)
        assert runner.capture_count == count


@on_gpu
@pytest.mark.parametrize("masked", [False, True])
def test_a_step_and_a_picture_do_not_wait(embedded: Generator, masked: bool) -> None:
    _, captured, _ = sessions(embedded, DragParams(), masked)
    captured.step()
    pending = PendingResult.start(captured.step())
    captured.image_tensor()
    shown = captured.image_tensor()
    with no_waiting():
        for _ in range(5):
            result = captured.step()
            shown = captured.image_tensor()
            pending = PendingResult.start(result)
    torch.testing.assert_close(shown, embedded.image(captured.w_plus), rtol=0, atol=DISPLAY_STEP)
    torch.cuda.synchronize()
    assert pending.ready()
    assert pending.host().finite


@on_gpu
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_16_bit_layers(config_f: Generator, dtype: torch.dtype) -> None:
    """Tolerance: handles within one pixel of 1024 over 10 steps, latents within a tenth of their way."""
    w_plus = config_f.sample(1)
    params = replace(DragParams.released(), learning_rate=2e-3)
    pair = [
        DragSession(config_f, w_plus, [(500, 500)], [(600, 520)], params=params, half=half)
        for half in (None, HalfPrecision(dtype))
    ]
    for _ in range(10):
        exact, near = (session.step().to_host() for session in pair)
        assert near.finite
        assert np.abs(exact.handles - near.handles).max() <= 1
    way = (pair[0].w_plus - w_plus).norm()
    assert float((pair[0].w_plus - pair[1].w_plus).norm() / way) < 0.1


@on_gpu
def test_dragging_config_f_stays_under_a_gigabyte() -> None:
    torch.cuda.empty_cache()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    generator = random_generator(random_architecture(1024, 32768), device="cuda")
    session = DragSession(generator, generator.sample(0), [(500, 500)], [(600, 520)])
    for _ in range(3):
        session.step()
        session.image_tensor()
    torch.cuda.synchronize()
    assert torch.cuda.max_memory_allocated() - before < 1e9


@on_gpu
def test_a_full_device_goes_down_in_steps(embedded: Generator) -> None:
    notices: list[str] = []
    levels: list[DeviceLevel] = []
    fallback = DeviceFallback(DeviceLevel.FULL, levels.append, notices.append)

    def work(level: DeviceLevel) -> torch.Tensor:
        if level is DeviceLevel.CPU:
            return torch.zeros(1)
        return torch.empty(2**50, device="cuda")  # a petabyte

    assert fallback.run(work).device.type == "cpu"
    assert levels == [DeviceLevel.PREVIEW, DeviceLevel.CPU]
    assert len(notices) == 2
    _, captured, _ = sessions(embedded, DragParams())
    assert captured.step().to_host().finite  # the device goes on after a refused allocation


@on_gpu
def test_a_session_gives_its_recorded_picture_back(config_f: Generator) -> None:
    """What the fallback to previews relies on: nothing else may hold the pool of what was recorded."""
    session = DragSession(config_f, config_f.sample(0), [(500, 500)], [(600, 520)])
    session.step()
    expected = session.image_tensor()
    torch.cuda.synchronize()
    held = torch.cuda.memory_reserved()
    session.release()
    assert held - torch.cuda.memory_reserved() > 100e6
    mean_square = (session.image_tensor() - expected).square().mean()
    assert mean_square < DISPLAY_STEP**2, "the same picture, the first in 16 bits"
    assert session.step().to_host().finite
