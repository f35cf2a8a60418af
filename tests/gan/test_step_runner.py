"""The captured runner, with graphs that a CPU can play: the same steps bit for bit, few recordings."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan import DragParams, DragSession
from gan.cuda_graphs import CapturedPicture, PendingResult
from gan.step_runner import CapturedRunner, Graph
from tests.gan.cases import small_generator
from tests.gan.played_graphs import PlayedGraph, PlayedGraphs, assert_same, pair


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
    before = captured.w_plus
    for session in (eager, captured):  # as two sliders that are pulled
        session.set_params(replace(session.params, learning_rate=3e-3, mask_weight=1.0))
    assert_same(eager, captured, 2)
    assert runner.capture_count == 1
    assert not torch.equal(captured.w_plus, before)


def test_what_a_recording_reads_is_there_as_long_as_it_is_valid() -> None:
    """A slider that is pulled away and back between two steps: its way has step maps of its own."""
    _, captured, runner = pair(DragParams())
    captured.step()
    step_map = captured._reader.source.step_map(False)
    assert step_map is not None
    read = weakref.ref(step_map)
    del step_map
    for whitening in (0.6, 0.4, 0.2, DragParams().whitening):
        captured.set_params(replace(captured.params, whitening=whitening))
    captured.step()
    assert runner.capture_count == 1
    assert read() is not None


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
    picture = CapturedPicture(PlayedGraphs(), generator.image, generator.sample(0))
    for seed in (1, 2):
        assert torch.equal(picture.picture(generator.sample(seed)), generator.image(generator.sample(seed)))


def test_a_pending_result_is_the_result() -> None:
    eager, _, _ = pair(DragParams())
    result = eager.step()
    pending = PendingResult.start(result)
    assert pending.ready()
    np.testing.assert_array_equal(pending.host().handles, result.to_host().handles)


ORDERS = [DragParams(), DragParams.paper(), DragParams.released()]


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
