"""Steps with 16-bit layers: near those in 32 bits; an overflow is repeated in 32 bits and leaves no trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan import DragParams, DragSession
from gan.half_precision import HalfPrecision
from gan.step_runner import CapturedRunner, EagerRunner
from tests.assets import SMALL_MODEL
from tests.gan.cases import small_generator
from tests.gan.played_graphs import PlayedGraphs, pair


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
    got, expected = (each.snapshot().references[2] for each in (session, other))
    # 32 bits: three handles are read together here, and rounded otherwise than one alone
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
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
