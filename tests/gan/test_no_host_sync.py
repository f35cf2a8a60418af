"""A step must not wait for the device: no value, and no shape, may depend on what a tensor holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gan import DragParams, DragSession, feature_source
from gan.window_reader import WindowReader
from tests.gan.cases import small_generator

# .item() and bool(); boolean indexing and where() of one argument; copies to the host
WAITING = {"_local_scalar_dense", "is_nonzero", "nonzero", "masked_select", "equal", "unique", "_unique2"}


class NoHostSync(TorchDispatchMode):
    """Fails where an operation would make the host wait, and notes the largest convolution's output."""

    def __init__(self) -> None:
        super().__init__()
        self.largest_map = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        assert name not in WAITING, f"{name} makes the host wait"
        for index in args[1] if name in ("index", "index_put", "index_put_") else ():
            assert index is None or index.dtype != torch.bool, "boolean indexing makes the host wait"
        result = func(*args, **(kwargs or {}))
        if name == "convolution":
            self.largest_map = max(self.largest_map, result.shape[-1])
        return result


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
