"""The captured runner, with graphs that a CPU can play: the same steps bit for bit, few recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan import DragParams, DragSession
from gan.cuda_graphs import CapturedPicture, PendingResult
from gan.half_precision import HalfPrecision
from gan.step_runner import CapturedRunner, EagerRunner, Graph
from tests.gan.cases import small_generator
from tests.gan.test_no_host_sync import NoHostSync


class PlayedGraph:
    """Replays by calling the work again; like a graph it knows only the memory that it was recorded with."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.replay = work


class PlayedGraphs:
    """A GraphBackend for any device, that fails where recorded work would wait."""

    def capture(self, work: Callable[[], None]) -> Graph:
        with NoHostSync():
            work()
        return PlayedGraph(work)


def pair(
    params: DragParams, masked: bool = False, **more: object
) -> tuple[DragSession, DragSession, CapturedRunner]:
    generator = small_generator(dtype=torch.float32)
    mask = np.tri(64, dtype=bool) if masked else None
    points = [(30.0, 33.0), (0.0, 63.0)], [(40.0, 30.0), (70.0, 50.0)]
    runner = CapturedRunner(PlayedGraphs())
    sessions = [
        DragSession(generator, generator.sample(0), *points, mask, params, runner=r)
        for r in (EagerRunner(), runner)
    ]
    return sessions[0], sessions[1], runner


def assert_same(eager: DragSession, captured: DragSession, steps: int = 4) -> None:
    for _ in range(steps):
        a, b = eager.step(), captured.step()
        for name in ("handles", "targets", "distances_px", "confidences", "loss", "done", "finite"):
            assert torch.equal(getattr(a, name), getattr(b, name)), name
        assert a.iteration == b.iteration
        assert torch.equal(eager.w_plus, captured.w_plus)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "params", [DragParams(), DragParams.paper(), DragParams.released(), DragParams(latent_space="w")]
)
def test_a_captured_step_is_the_eager_step(params: DragParams, masked: bool) -> None:
    eager, captured, runner = pair(params, masked)
    assert_same(eager, captured)
    assert runner.capture_count == 1


def test_what_is_recorded_anew_and_what_is_not() -> None:
    eager, captured, runner = pair(DragParams(), masked=True)
    both = (eager, captured)
    assert_same(eager, captured, 2)
    for session in both:  # live: no recording
        session.move_target(0, (20.0, 11.0))
        session.set_mask(np.tri(64, dtype=bool))
    assert_same(eager, captured, 2)
    assert runner.capture_count == 1
    for count, change in enumerate(
        (
            lambda s: s.add_handle((10, 10), (20, 20)),
            lambda s: s.remove_handle(0),
            lambda s: s.set_mask(None),
            lambda s: s.set_params(replace(s.params, tracking_radius=8.0)),
            lambda s: s.set_latent(s.generator.sample(5)),
        ),
        start=2,
    ):
        for session in both:
            change(session)
        assert_same(eager, captured, 2)
        assert runner.capture_count == count


def test_the_learning_rate_and_the_mask_weight_are_live() -> None:
    eager, captured, runner = pair(DragParams(), masked=True)
    assert_same(eager, captured, 2)
    source = captured._reader.source  # set_params makes a new source: the runner alone is asked here
    state = captured.snapshot()
    changed = replace(state, params=replace(state.params, learning_rate=3e-3, mask_weight=1.0))
    expected, _, _ = EagerRunner().step(source, changed, None)
    got, _, _ = runner.step(source, changed, None)
    assert runner.capture_count == 1
    assert torch.equal(got.w_plus, expected.w_plus)


def test_snapshots_are_not_written_to_and_restore_goes_on_alike() -> None:
    _, captured, _ = pair(DragParams())
    captured.step()
    before = captured.snapshot()
    kept = before.w_plus.clone(), before.handles.clone(), before.adam.first.clone()
    path = [captured.step().handles.clone() for _ in range(3)]
    assert torch.equal(before.w_plus, kept[0])
    assert torch.equal(before.handles, kept[1])
    assert torch.equal(before.adam.first, kept[2])
    captured.restore(before)
    assert all(torch.equal(captured.step().handles, expected) for expected in path)


def test_a_captured_picture() -> None:
    generator = small_generator(dtype=torch.float32)
    picture = CapturedPicture(PlayedGraphs(), generator)
    for seed in (1, 2):
        assert torch.equal(picture.picture(generator.sample(seed)), generator.image(generator.sample(seed)))


def test_a_pending_result_is_the_result() -> None:
    eager, _, _ = pair(DragParams())
    result = eager.step()
    pending = PendingResult.start(result)
    assert pending.ready()
    np.testing.assert_array_equal(pending.host().handles, result.to_host().handles)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_16_bit_layers_are_near(dtype: torch.dtype) -> None:
    """The embedded generator, the layers from 16 cells on: the path over 20 steps stays within a pixel."""
    from gan import load_generator

    generator = load_generator()
    half = HalfPrecision(dtype, lowest_resolution=16)
    sessions = [
        DragSession(generator, generator.sample(3), [(24, 30)], [(34, 30)], params=DragParams(), half=h)
        for h in (None, half)
    ]
    for _ in range(20):
        exact, near = (session.step().to_host() for session in sessions)
        assert near.finite
        assert np.abs(exact.handles - near.handles).max() < 1


def test_an_overflow_is_repeated_in_32_bits_and_the_layer_stays_there() -> None:
    generator = small_generator(dtype=torch.float32, resolution=64)
    # block 32's second layer reads values that 16 bits cannot hold
    w_plus = generator.sample(0)
    session = DragSession(
        generator, w_plus, [(30, 33)], [(40, 30)], half=HalfPrecision(torch.float16, lowest_resolution=32)
    )
    assert session._reader.source._layers[6].half is not None
    session._reader.source._layers[6].half.mul_(1e6)  # the injected fault
    start = session.w_plus.clone()
    result = session.step().to_host()
    assert not result.finite
    assert torch.equal(session.w_plus, start)
    assert session.repair(result)
    result = session.step().to_host()
    assert result.finite
    assert not torch.equal(session.w_plus, start)
    assert session._reader.source._layers[6].half is None
    session.set_latent(w_plus)
    assert session._reader.source._layers[6].half is None
    assert not session.repair(result)
