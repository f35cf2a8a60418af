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
from tests.assets import SMALL_MODEL
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

    def release(self) -> None:
        pass


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
    """A trained generator, the layers from 16 cells on: the path over 20 steps stays within a pixel."""
    from gan import load_generator

    generator = load_generator(SMALL_MODEL)
    half = HalfPrecision(dtype, lowest_resolution=16)
    sessions = [
        DragSession(generator, generator.sample(3), [(24, 30)], [(34, 30)], params=DragParams(), half=h)
        for h in (None, half)
    ]
    for _ in range(20):
        exact, near = (session.step().to_host() for session in sessions)
        assert near.finite
        assert np.abs(exact.handles - near.handles).max() < 1


@pytest.mark.parametrize("late", [False, True])
def test_what_is_held_by_a_mask_does_not_move_for_16_bits_rounding(late: bool) -> None:
    """The fixed region at the start is not changed: its term pulls nowhere. late: 16 bits only after the
    mask was set."""
    generator = small_generator(dtype=torch.float32, resolution=64)
    half = HalfPrecision(torch.float16, lowest_resolution=16)
    params = replace(DragParams(), optimised_row_count=3)
    start, mask = generator.sample(0), np.tri(64, dtype=bool)
    sessions = [
        DragSession(generator, start, [(30.0, 33.0)], [(40.0, 30.0)], mask, params, half=h)
        for h in (None, None if late else half)
    ]
    sessions[1].set_half(half)
    for _ in range(5):
        for session in sessions:
            session.step()
    exact, near = (session.w_plus for session in sessions)
    assert float((exact - near).norm() / (exact - start).norm()) < 0.1


ORDERS = [DragParams(), DragParams.paper(), DragParams.released()]


def half_session(
    params: DragParams, captured: bool, excluded: frozenset[int] = frozenset()
) -> tuple[DragSession, torch.Tensor]:
    """A drag with two 16-bit layers, and the kernel of the lower one."""
    generator = small_generator(dtype=torch.float32, resolution=64)
    half = HalfPrecision(torch.float16, lowest_resolution=32, excluded_rows=excluded)
    runner = CapturedRunner(PlayedGraphs()) if captured else EagerRunner()
    points = [(30.0, 33.0), (50.0, 12.0)], [(40.0, 30.0), (44.0, 20.0)]
    params = replace(params, optimised_row_count=5)
    session = DragSession(generator, generator.sample(0), *points, params=params, half=half, runner=runner)
    kernel = session._reader.source._layers[5].half
    return session, session.w_plus.new_zeros(()) if kernel is None else kernel


def assert_equal_states(one: DragSession, other: DragSession) -> None:
    for name in ("w_plus", "handles", "centres", "references", "targets"):
        assert torch.equal(getattr(one.snapshot(), name), getattr(other.snapshot(), name)), name
    for name in ("first", "second", "step"):
        assert torch.equal(getattr(one.snapshot().adam, name), getattr(other.snapshot().adam, name)), name


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("params", ORDERS)
def test_an_overflow_leaves_everything_alone_is_repeated_in_32_bits_and_stays_there(
    params: DragParams, captured: bool
) -> None:
    session, kernel = half_session(params, captured)
    kernel.mul_(1e6)  # the injected fault: values that 16 bits cannot hold
    before = session.snapshot()
    result = session.step().to_host()
    assert not result.finite
    for name in ("w_plus", "handles", "centres"):
        assert torch.equal(getattr(session.snapshot(), name), getattr(before, name)), name
    assert session.repair(result)
    assert session._reader.source._layers[5].half is None
    assert session._reader.source._layers[6].half is not None  # only the layer to blame
    other, _ = half_session(params, captured, frozenset({5}))  # in 32 bits from the start
    other.restore(before)
    for _ in range(3):
        assert session.step().to_host().finite
        other.step()
        assert_equal_states(session, other)
    session.set_latent(session.w_plus)
    assert session._reader.source._layers[5].half is None


@pytest.mark.parametrize("captured", [False, True])
def test_a_reference_that_overflowed_is_read_again_in_32_bits(captured: bool) -> None:
    session, kernel = half_session(DragParams(), captured)
    other, _ = half_session(DragParams(), captured, frozenset({5}))
    kernel.mul_(1e6)
    for each in (session, other):
        each.add_handle((12.0, 14.0), (20.0, 20.0))
    assert not bool(session.snapshot().references[2].isfinite().all())
    assert session.repair(session.step().to_host())
    assert torch.equal(session.snapshot().references[2], other.snapshot().references[2])
    assert session.step().to_host().finite


@pytest.mark.parametrize("params", ORDERS)
def test_an_overflow_at_the_latent_that_a_step_comes_to_refuses_that_step(
    monkeypatch: pytest.MonkeyPatch, params: DragParams
) -> None:
    """The loss was still finite: only what the handle is tracked in is not."""
    session, _ = half_session(params, captured=False)
    session.step()
    before = session.snapshot()
    source = session._reader.source
    evaluate = source.evaluate
    fails = {True}

    def overflow(*given: object) -> object:
        made = evaluate(*given)  # type: ignore[arg-type]
        if fails:
            with torch.no_grad():
                made.windows.values[0, 0, 8, 8] = torch.inf
        return made

    with monkeypatch.context() as patched:
        patched.setattr(source, "evaluate", overflow)
        result = session.step().to_host()
    assert not result.finite
    after = session.snapshot()
    for name in ("w_plus", "handles", "centres"):
        assert torch.equal(getattr(after, name), getattr(before, name)), name
    assert torch.equal(after.adam.first, before.adam.first)
    session.repair(result)
    assert session.step().to_host().finite


def test_steps_that_were_under_way_blame_no_more_layers() -> None:
    session, kernel = half_session(DragParams(), captured=True)
    kernel.mul_(1e6)
    results = [session.step().to_host() for _ in range(3)]
    assert not any(result.finite for result in results)
    assert all(session.repair(result) for result in results)
    layers = session._reader.source._layers
    assert [layer.row for layer in layers if layer.half is None and layer.is_held] == [5]
    assert session.step().to_host().finite


def test_without_16_bit_layers_nothing_is_repaired() -> None:
    _, captured, _ = pair(DragParams())
    result = captured.step().to_host()
    assert not captured.repair(result)
    assert not captured.repair(replace(result, finite=False))


class FailingGraph(PlayedGraph):
    """Runs out of memory behind its work, once."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(work)
        self.fails = False
        self.work = work
        self.replay = self._replay

    def _replay(self) -> None:
        self.work()
        if self.fails:
            self.fails = False
            raise torch.OutOfMemoryError("CUDA out of memory")


class FailingGraphs(PlayedGraphs):
    """Hands out graphs that may fail."""

    def capture(self, work: Callable[[], None]) -> Graph:
        super().capture(work)
        self.last = FailingGraph(work)
        return self.last


@pytest.mark.parametrize("params", ORDERS)
def test_a_step_that_ran_out_of_memory_half_way_is_done_once(params: DragParams) -> None:
    eager, captured, _ = pair(params)
    graphs = FailingGraphs()
    points = [(30.0, 33.0), (0.0, 63.0)], [(40.0, 30.0), (70.0, 50.0)]
    failing = DragSession(
        captured.generator, captured.w_plus, *points, params=params, runner=CapturedRunner(graphs)
    )
    assert_same(eager, failing, 2)
    graphs.last.fails = True
    before = failing.snapshot()
    with pytest.raises(torch.OutOfMemoryError):
        failing.step()
    assert failing.snapshot() is before
    assert_same(eager, failing, 2)
