"""Graphs that a CPU can play, and drags that must be the same with them and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from gan import DragParams, DragSession
from gan.step_runner import CapturedRunner, EagerRunner, Graph
from tests.gan.cases import small_generator
from tests.gan.no_host_sync import NoHostSync


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
