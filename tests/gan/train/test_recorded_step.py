"""Paired training by recorded steps: the same updates as launched ones, here with graphs that a processor can
play, on a GPU with real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.critters.factors import APPEARANCE_FACTORS, FACTOR_COUNT, GEOMETRY_FACTORS
from gan.step_runner import CaptureRefusedError, Graph, GraphBackend
from gan.train import activation
from gan.train.checkpoint import read_checkpoint, write_checkpoint
from gan.train.generator import FactorSplit
from gan.train.initial_weights import fresh_generator
from gan.train.paired import PairedTraining, graphs_for
from gan.train.paired_set import PairedSet
from gan.train.processes import Processes
from gan.train.settings import TrainSettings
from gan.train.training import Moment
from tests.gan.played_graphs import PlayedGraphs
from tests.gan.train.sets import write_paired_set

CPU = torch.device("cpu")
SETTINGS = TrainSettings(batch_size=8, perceptual_every=2, held_out_count=4)
STEPS = 6
ON_A_GPU = [("float32", False), ("bfloat16", False), ("bfloat16", True)]
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none")


class WarmingUp:
    """Runs the work three times before it records it, as CUDA's backend does."""

    def __init__(self) -> None:
        self.count = self.released = 0

    def capture(self, work: Callable[[], None]) -> Graph:
        self.count += 1
        for _ in range(3):
            work()
        return PlayedGraphs().capture(work)

    def release(self) -> None:
        self.released += 1


class Refusing:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error or CaptureRefusedError("operation not permitted when stream is capturing")

    def capture(self, work: Callable[[], None]) -> Graph:
        work()
        raise self._error

    def release(self) -> None:
        pass


def training(
    folder: Path,
    graphs: GraphBackend | None,
    settings: TrainSettings = SETTINGS,
    device: torch.device = CPU,
    resolution: int = 16,
) -> PairedTraining:
    data = PairedSet(folder, resolution, settings.held_out_count, device, resident=True)
    architecture = Architecture(resolution, FACTOR_COUNT, 16, 0, 2, {4: 8, 8: 8, 16: 8})
    split = FactorSplit(GEOMETRY_FACTORS, APPEARANCE_FACTORS, 3)
    generator = fresh_generator(architecture, 0, split).to(device)
    return PairedTraining(generator, data, settings, Processes(), device, graphs)


def moments(count: int, first: int = 0) -> list[Moment]:
    return [Moment(step, step / 20) for step in range(first, first + count)]


def steps(run: PairedTraining, count: int, first: int = 0) -> list[dict[str, float]]:
    done = [run.step(now, (0.25,)) for now in moments(count, first)]
    assert all(others == [0.25] for _, others in done)
    return [{name: float(value) for name, value in losses.items()} for losses, _ in done]


def tensors(run: PairedTraining) -> dict[str, Tensor]:
    state = run.state()
    adam = {
        f"{i} {name}": tensor
        for i, values in state["optimiser"]["state"].items()
        for name, tensor in values.items()
    }
    averages = {f"average {name}": tensor for name, tensor in state["average"].items()}
    return {**state["weights"], **averages, **adam}


def assert_same(a: PairedTraining, b: PairedTraining, atol: float, rtol: float) -> None:
    ours, theirs = tensors(a), tensors(b)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        other = theirs[name].cpu()
        torch.testing.assert_close(tensor.cpu(), other, atol=atol, rtol=rtol, msg=lambda m, n=name: n + m)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paired_set(tmp_path_factory.mktemp("set"))


def test_recorded_steps_are_the_launched_ones(folder: Path) -> None:
    graphs = WarmingUp()
    launched, recorded = training(folder, None), training(folder, graphs)
    ours, theirs = steps(recorded, STEPS), steps(launched, STEPS)
    assert graphs.count == 2, "with features and without, each once"
    assert recorded.is_recorded
    assert [line.keys() for line in ours] == [line.keys() for line in theirs]
    assert ["perceptual" in line for line in ours] == [True, False] * 3
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    # Adam divides by a root: a float's last bit in a tiny gradient is worth a share of the learning rate
    assert_same(recorded, launched, atol=2e-4, rtol=1e-3)


def test_losses_are_the_callers_own(folder: Path) -> None:
    run = training(folder, WarmingUp(), replace(SETTINGS, perceptual_every=1))
    first, _ = run.step(Moment(0, 0.0), ())
    kept = {name: float(value) for name, value in first.items()}
    run.step(Moment(1, 0.0), ())
    assert {name: float(value) for name, value in first.items()} == kept


@pytest.mark.parametrize("error", [None, torch.OutOfMemoryError("CUDA out of memory\nof a GPU")])
def test_what_is_refused_is_launched_and_said_once(
    folder: Path, caplog: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    launched, refused = training(folder, None), training(folder, Refusing(error))
    assert steps(refused, 3) == steps(launched, 3)
    assert_same(refused, launched, atol=0, rtol=0)
    assert not refused.is_recorded
    assert len(caplog.records) == 1
    assert "without a recorded graph" in caplog.text


@pytest.mark.parametrize(("first", "second"), [(None, WarmingUp), (WarmingUp, None), (WarmingUp, WarmingUp)])
def test_a_checkpoint_goes_on_either_way(folder: Path, tmp_path: Path, first: Any, second: Any) -> None:
    """Written by launched steps and read by recorded ones, and the other way round."""
    whole = training(folder, None)
    expected = steps(whole, STEPS)
    begun = training(folder, first and first())
    steps(begun, 3)
    write_checkpoint(tmp_path, {"training": begun.state()})
    for group in begun.state()["optimiser"]["param_groups"]:
        assert isinstance(group["lr"], float)
        assert group["capturable"] is False
    taken_up = training(folder, second and second())
    steps(taken_up, 1)  # so that there is something recorded to be given up
    state = read_checkpoint(tmp_path, CPU)
    assert state is not None
    taken_up.restore(state["training"])
    for a, b in zip(steps(taken_up, 3, first=3), expected[3:], strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    assert_same(taken_up, whole, atol=2e-4, rtol=1e-3)


def test_memory_is_given_back_before_it_is_recorded_anew(folder: Path) -> None:
    """CUDA's pool is not to be had again once all its graphs are gone."""
    graphs = WarmingUp()
    run = training(folder, graphs)
    run.restore(run.state())
    assert graphs.released == 0, "nothing was recorded yet"
    steps(run, 1)
    run.restore(run.state())
    assert graphs.released == 1
    steps(run, 1, first=1)
    run.record_with(None)
    assert graphs.released == 2
    steps(run, 1, first=2)
    assert not run.is_recorded


def test_bfloat16_is_recorded_too(folder: Path) -> None:
    settings = replace(SETTINGS, precision="bfloat16")
    runs = [training(folder, graphs, settings) for graphs in (None, WarmingUp())]
    for a, b in zip(*(steps(run, 4) for run in runs), strict=True):
        assert a == pytest.approx(b, rel=2e-2)


def test_who_records(folder: Path) -> None:
    data = PairedSet(folder, 16, 4, CPU, resident=True)
    assert graphs_for(data, SETTINGS, Processes(), CPU) is None


@pytest.mark.cuda
@on_gpu
@pytest.mark.parametrize(("precision", "fused"), ON_A_GPU)
def test_a_gpu_records_the_same_training(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Any, fused: bool
) -> None:
    monkeypatch.setattr(activation, "FUSED_FROM_PX", 8)
    device = torch.device("cuda")
    settings = replace(SETTINGS, precision=precision)
    launched = training(folder, None, settings, device)
    graphs = graphs_for(launched.data, settings, Processes(), device)
    assert graphs is not None
    recorded = training(folder, graphs, replace(settings, fused=fused), device)
    ours, theirs = steps(recorded, 20), steps(launched, 20)
    assert recorded.is_recorded
    tolerance = 1e-3 if precision == "float32" else 5e-2
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=tolerance)
    assert ours[-1]["l1"] < 0.9 * ours[0]["l1"]
    # a processor takes the run up, and the GPU again
    write_checkpoint(tmp_path, {"training": recorded.state()})
    state = read_checkpoint(tmp_path, CPU)
    assert state is not None
    on_cpu = training(folder, None, replace(settings, precision="float32"))
    on_cpu.restore(state["training"])
    expected = steps(on_cpu, 1, first=20)
    back = read_checkpoint(tmp_path, device)
    assert back is not None
    recorded.restore(back["training"])
    for a, b in zip(steps(recorded, 1, first=20), expected, strict=True):
        assert a == pytest.approx(b, rel=max(tolerance, 2e-2))


@pytest.mark.cuda
@on_gpu
def test_a_replayed_step_waits_for_nothing(folder: Path) -> None:
    device = torch.device("cuda")
    data = PairedSet(folder, 16, 4, device)
    assert data.is_resident
    run = training(folder, graphs_for(data, SETTINGS, Processes(), device), device=device)
    steps(run, 2)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for now in moments(4, first=2):
            run.step(now, ())
    finally:
        torch.cuda.set_sync_debug_mode("default")
