"""What a session gives up when its device is full: recorded graphs and their memory, no number of a drag."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch

from gan import DragParams, DragSession, drag_session
from gan.cuda_graphs import CudaGraphs
from gan.execution import make_execution
from gan.feature_source import WindowedSource
from gan.generator import Generator
from gan.latent_reader import LatentReader
from gan.step_runner import EagerRunner, Graph, StepRunner
from tests.gan.cases import small_generator
from tests.gan.fake_cuda import FakeCuda
from tests.gan.played_graphs import PlayedGraphs, assert_same

POINTS = [(30.0, 33.0)], [(40.0, 30.0)]


class CountedGraphs(PlayedGraphs):
    """Knows which of its graphs live, and how many did when it was told to give memory back."""

    def __init__(self) -> None:
        self.graphs: weakref.WeakSet[Graph] = weakref.WeakSet()
        self.released_with: list[int] = []

    def capture(self, work: Callable[[], None]) -> Graph:
        graph = super().capture(work)
        self.graphs.add(graph)
        return graph

    def release(self) -> None:
        gc.collect()
        self.released_with.append(len(self.graphs))


def test_a_full_device_gets_back_what_was_recorded_and_the_drag_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator, graphs = small_generator(dtype=torch.float32), CountedGraphs()

    def on_graphs(generator: Generator, runner: StepRunner | None) -> object:
        return make_execution(generator, runner, graphs)

    eager = DragSession(generator, generator.sample(0), *POINTS, runner=EagerRunner())
    monkeypatch.setattr(drag_session, "make_execution", on_graphs)
    captured = DragSession(generator, generator.sample(0), *POINTS)
    assert_same(eager, captured, 2)
    assert torch.equal(captured.image_tensor(), eager.image_tensor())
    assert len(graphs.graphs) == 2  # a step, a picture
    captured.release()
    assert graphs.released_with == [0]  # memory comes back only where no graph holds it
    assert_same(eager, captured, 2)
    assert torch.equal(captured.image_tensor(), eager.image_tensor())
    assert len(graphs.graphs) == 1  # the step's; no picture is recorded again


def test_graphs_on_cuda_get_another_pool_and_what_is_cached_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda = FakeCuda(monkeypatch)
    pools: list[object] = []
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, len(pools) + len(given_back)))
    given_back: list[bool] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: given_back.append(True))
    recording = cuda.recording

    def note_pool(graph: object, **given: Any) -> object:
        pools.append(given["pool"])
        return recording(graph, **given)

    monkeypatch.setattr(torch.cuda, "graph", note_pool)
    graphs = CudaGraphs(torch.device("cpu"))
    for _ in range(2):
        graphs.capture(lambda: None)
    graphs.release()
    graphs.capture(lambda: None)
    assert pools[0] == pools[1] != pools[2]
    assert given_back == [True]


def test_a_sources_kernels_go_with_it() -> None:
    """Not with the next collection of garbage, of which a GPU's memory knows nothing."""
    generator = small_generator(dtype=torch.float32)
    w_plus = generator.sample(0)
    gc.disable()
    try:
        source = WindowedSource(generator, 32, w_plus, 6)
        source.evaluate(w_plus, torch.tensor([[3.0, 3.0]]), reach_px=5, region=None)
        alive = weakref.ref(source)
        del source
        assert alive() is None
        reader = LatentReader(generator, None, DragParams(), w_plus)
        reader.make_ready(masked=False)
        alive = weakref.ref(reader.source)
        reader.follow(DragParams(), w_plus)
        assert alive() is None
    finally:
        gc.enable()
