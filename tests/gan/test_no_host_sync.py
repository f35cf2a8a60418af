"""A step must not wait for the device: no value, and no shape, may depend on what a tensor holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gan import DragParams, DragSession, feature_source
from gan.drag_step import StepScalars, run_step
from gan.feature_grid import FeatureGrid
from gan.feature_source import WindowedSource
from gan.fixed_region import make_fixed_region
from gan.half_precision import HalfPrecision
from gan.window_reader import WindowReader
from tests.gan.cases import small_generator
from tests.gan.no_host_sync import NoHostSync
from tests.gan.nowhere import NOWHERE, NoHostNumbers, NoHostTensor, nowhere


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        DragParams(),
        DragParams.paper(),
        DragParams.released(),
        DragParams(latent_space="w", tracking_norm="l1"),
    ],
)
def test_a_step_does_not_wait_and_runs_no_block_above_the_features(
    params: DragParams, masked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_source, "CellReader", WindowReader)  # as on a GPU
    generator = small_generator()
    session = DragSession(
        generator, generator.sample(0), [(30, 33), (0, 63)], [(40, 30), (70, 50)], None, params
    )
    if masked:
        session.set_mask(np.tri(64, dtype=bool))
    with NoHostSync() as watch:
        for step in range(3):
            session.step()
            session.move_target(0, (40 + step, 30))
    assert 0 < watch.largest_map <= 2 * 32 + 1  # transposed convolutions make one cell more


def test_the_watch_notices() -> None:
    generator = small_generator()
    session = DragSession(generator, generator.sample(0), [(30, 33)], [(40, 30)])
    with NoHostSync(), pytest.raises(AssertionError, match="makes the host wait"):
        session.step().loss.item()


def test_shapes_do_not_depend_on_where_handles_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a captured graph needs: the same operations on the same shapes at every step."""
    monkeypatch.setattr(feature_source, "CellReader", WindowReader)  # as on a GPU
    generator = small_generator()
    seen: list[list[tuple[str, tuple[int, ...]]]] = []

    class Record(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            shape = tuple(result.shape) if isinstance(result, torch.Tensor) else ()
            seen[-1].append((str(func), shape))
            return result

    for place in ((30.0, 33.0), (0.0, 0.0), (63.0, 12.0)):
        params = replace(DragParams(), tracking_subdivision=1)
        session = DragSession(generator, generator.sample(0), [place], [(40, 30)], None, params)
        session.step()
        seen.append([])
        with Record():
            session.step()
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("half", [None, HalfPrecision(lowest_resolution=8)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        replace(DragParams(), mask_smoothing=0.2),
        DragParams.paper(),
        DragParams.released(),
        DragParams(latent_space="w", tracking_norm="l1", tracking_subdivision=1),
    ],
)
def test_nothing_of_the_host_takes_part_in_a_step(
    params: DragParams, masked: bool, half: HalfPrecision | None
) -> None:
    """What a recorded step on a GPU needs beside: features that are not on the host, one region for all
    masks."""
    generator = small_generator(dtype=torch.float32)
    mask = np.tri(64, dtype=bool) if masked else None
    points = [(30, 33), (0, 63)], [(40, 30), (70, 50)]
    state = DragSession(generator, generator.sample(0), *points, mask, params).snapshot()
    resolution = params.feature_resolution or generator.architecture.default_feature_resolution
    grid = FeatureGrid.of(generator.architecture, resolution)
    if state.mask is not None:
        whole = make_fixed_region(state.mask, (grid.y.cells, grid.x.cells), generator.dtype, whole=True)
        state = replace(state, region=whole)
    state = nowhere(state)
    rows = params.row_count(generator.num_ws)
    step_map = torch.eye(generator.architecture.w_dim, device=NOWHERE)
    there = nowhere(generator)
    source = WindowedSource(
        there, resolution, state.w_plus, rows, half=half, step_map=lambda _masked: step_map
    )
    scalars = StepScalars(state.w_plus.new_zeros(()), state.w_plus.new_zeros(()))
    with NoHostTensor(), NoHostNumbers():
        for _ in range(2):
            state, result, _ = run_step(source, state, None, scalars)
            result.packed()
        there.image(state.w_plus)


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x + torch.tensor(1.0),
        lambda x: x + torch.tensor([1.0], device=x.device),
        lambda x: x + x.new_tensor([1.0]),
        lambda x: x + torch.arange(2).to(x.device),
    ],
)
def test_the_watches_notice_what_is_of_the_host(work: Callable[[torch.Tensor], torch.Tensor]) -> None:
    somewhere = torch.zeros(2, device=NOWHERE)
    with NoHostTensor(), NoHostNumbers(), pytest.raises(AssertionError, match="the host"):
        work(somewhere)
