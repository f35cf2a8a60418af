"""What bounds paired training: pictures a second, launched and recorded, against its convolutions alone.

    python -m tests.benchmarks.train_bench --device cuda --paired SET --batch 64 --seconds 15 --out FOLDER

Writes train-bench.json and train-bench.md into FOLDER, and prints the page. Without --paired it trains on
noise, which takes as long.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from gan.cuda_graphs import CudaGraphs
from gan.devices import resolve_device
from gan.train.paired import PairedTraining, graphs_for
from gan.train.precision import best_precision, fast_convolutions
from gan.train.processes import Processes
from gan.train.request import TrainRequest, prepare_training
from gan.train.settings import PrecisionName, TrainSettings
from gan.train.training import Moment
from tests.benchmarks.kernel_times import Kernels, kernels_of
from tests.benchmarks.machine import Machine, this_machine
from tests.benchmarks.operations import gmac
from tests.benchmarks.recorded_operations import RecordedOperations
from tests.gan.train.sets import write_paired_set

WARM_UP_COUNT = 4
STEPS_AT_ONCE = 5  # between two looks at the clock, which wait for the device
STEP_LIMIT = 2000
# of the seconds asked for; the rest goes to what is done once
SHARES = {"launched": 0.25, "recorded": 0.35, "products": 0.15}


class Speed(msgspec.Struct, frozen=True):
    """step_ms: mean, with the device never waiting for the clock. steps: how many were timed."""

    step_ms: float
    pictures_per_s: float
    steps: int


class TrainBench(msgspec.Struct, frozen=True):
    """One batch size. Times in ms of a step, forward, backward and update.

    gflop_per_picture: of convolutions and matrix products, a multiply-add counted as two. products_ms: those
    alone, each with the shapes, types and orders in memory that the training calls it with, as one graph:
    what the arithmetic allows. ratio: the step over that. operations: launched a step, views not counted.
    tflop_per_s: reached by the faster of both ways.
    """

    batch: int
    resolution: int
    precision: str
    fused: bool
    launched: Speed
    recorded: Speed | None
    gflop_per_picture: float
    tflop_per_s: float
    products_ms: float
    ratio: float
    operations: int
    peak_memory_gb: float | None = None
    launched_kernels: Kernels | None = None
    recorded_kernels: Kernels | None = None


class TrainBenchResult(msgspec.Struct, frozen=True):
    """One run of this module."""

    machine: Machine
    runs: list[TrainBench]


def bench(request: TrainRequest, settings: TrainSettings, device: torch.device, seconds: float) -> TrainBench:
    """Trains for some seconds, in each way anew."""
    torch.compiler.reset()  # it compiles a function for so many shapes only, and every batch size has its own
    launched = _training(request, settings, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    steps = _Steps(launched, device)
    launched_speed = _timed(steps.one, settings.batch_size, seconds * SHARES["launched"], device)
    gflop = 2 * gmac(steps.one) / settings.batch_size
    operations = RecordedOperations()
    with operations:
        steps.one()
    products_ms = _products_ms(operations, seconds * SHARES["products"], device)
    launched_kernels = kernels_of(steps.one, 2, device)
    recorded_speed = recorded_kernels = None
    graphs = graphs_for(launched.data, settings, Processes(), device)
    if graphs is not None:
        recorded = _training(request, settings, device)
        recorded.record_with(graphs)
        steps = _Steps(recorded, device)
        recorded_speed = _timed(steps.one, settings.batch_size, seconds * SHARES["recorded"], device)
        recorded_kernels = kernels_of(steps.one, 5, device)
        if not recorded.is_recorded:
            recorded_speed = recorded_kernels = None
    fastest_ms = min(speed.step_ms for speed in (launched_speed, recorded_speed) if speed is not None)
    memory = torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else None
    return TrainBench(
        batch=settings.batch_size,
        resolution=request.resolution,
        precision=settings.precision,
        fused=settings.fused,
        launched=launched_speed,
        recorded=recorded_speed,
        gflop_per_picture=round(gflop, 3),
        tflop_per_s=round(gflop * settings.batch_size / fastest_ms, 3),
        products_ms=round(products_ms, 3),
        ratio=round(fastest_ms / products_ms, 2),
        operations=operations.count,
        peak_memory_gb=None if memory is None else round(memory, 2),
        launched_kernels=launched_kernels,
        recorded_kernels=recorded_kernels,
    )


class _Steps:
    """Steps of a run, one after the other, past the rise of the learning rate."""

    def __init__(self, run: PairedTraining, device: torch.device) -> None:
        self._run = run
        self._device = device
        self._step = 0

    def one(self) -> None:
        self._run.step(Moment(self._step, 0.5), ())
        self._step += 1


def _training(request: TrainRequest, settings: TrainSettings, device: torch.device) -> PairedTraining:
    run = prepare_training(request, settings, Processes(), device, Path())
    assert isinstance(run, PairedTraining)
    run.record_with(None)
    return run


def _products_ms(operations: RecordedOperations, seconds: float, device: torch.device) -> float:
    work = operations.products(device)
    with fast_convolutions(device), torch.no_grad():
        if device.type == "cuda":
            work = CudaGraphs(device).capture(work).replay
        return _timed(work, 1, seconds, device).step_ms


def _timed(work: Callable[[], object], batch: int, seconds: float, device: torch.device) -> Speed:
    for _ in range(WARM_UP_COUNT):
        work()
    _wait(device)
    began = time.perf_counter()
    steps = 0
    spent = 0.0
    while steps == 0 or (spent < seconds and steps < STEP_LIMIT):
        for _ in range(STEPS_AT_ONCE if device.type == "cuda" else 1):
            work()
            steps += 1
        _wait(device)
        spent = time.perf_counter() - began
    return Speed(round(1000 * spent / steps, 3), round(steps * batch / spent, 1), steps)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)  # sync: the clock is read


def to_markdown(result: TrainBenchResult) -> str:
    """A page: a table, a row for every batch size, and where the GPU's time goes."""
    machine = result.machine
    lines = [
        f"# Paired training on {machine.gpu_model or machine.cpu_model}",
        "",
        f"torch {machine.torch}, Python {machine.python}, {machine.core_count} cores. 'Products': the "
        "convolutions and matrix products alone, in one graph: what the arithmetic allows.",
        "",
        "| batch | px | precision | launched ms | pictures/s | recorded ms | pictures/s | products ms "
        "| ratio | GFLOP/picture | TFLOP/s | operations | GB |",
        "|" + "---|" * 13,
    ]
    for run in result.runs:
        speeds = [
            cell
            for speed in (run.launched, run.recorded)
            for cell in (
                ("-", "-") if speed is None else (f"{speed.step_ms:.2f}", f"{speed.pictures_per_s:.0f}")
            )
        ]
        memory = "-" if run.peak_memory_gb is None else f"{run.peak_memory_gb:.1f}"
        cells = (
            *(str(run.batch), str(run.resolution), run.precision + ", fused" * run.fused),
            *speeds,
            *(f"{run.products_ms:.2f}", f"{run.ratio:.2f}", f"{run.gflop_per_picture:.2f}"),
            *(f"{run.tflop_per_s:.2f}", str(run.operations), memory),
        )
        lines.append("| " + " | ".join(cells) + " |")
    for run in result.runs:
        ways = (
            ("launched", run.launched, run.launched_kernels),
            ("recorded", run.recorded, run.recorded_kernels),
        )
        for how, speed, kernels in ways:
            if speed is not None and kernels is not None:
                lines += ["", f"## Batch {run.batch}, {how}", "", *_describe_kernels(speed, kernels)]
    return "\n".join(lines) + "\n"


def _describe_kernels(speed: Speed, kernels: Kernels) -> list[str]:
    share = kernels.busy_ms / speed.step_ms
    lines = [
        f"{kernels.count:.0f} kernels a step, {kernels.busy_ms:.2f} ms in them: {100 * share:.0f}% of the "
        "step.",
        "",
        "| kernel | times | ms |",
        "|---|---|---|",
    ]
    return lines + [f"| {k.name} | {k.count:.0f} | {k.busy_ms:.3f} |" for k in kernels.longest]


def main() -> None:
    """Measures, prints, and writes where that was asked for."""
    parser = argparse.ArgumentParser(description="What bounds paired training.", allow_abbrev=False)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--paired", type=Path, help="a set of 'livedrag dataset'; default: noise")
    parser.add_argument("--init", type=Path, help="generator to start from")
    parser.add_argument("--resolution", type=int, default=128)
    parser.add_argument("--channel-base", type=int, default=4096)
    parser.add_argument("--batch", type=int, nargs="+", default=[64])
    parser.add_argument("--precision", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--fuse", action="store_true", help="as of livedrag train")
    parser.add_argument("--seconds", type=float, default=15.0, help="of measuring, over all batch sizes")
    parser.add_argument("--out", type=Path, help="folder for train-bench.json and train-bench.md")
    arguments = parser.parse_args()
    device = resolve_device(arguments.device)
    precision: PrecisionName = arguments.precision or best_precision(device)
    with tempfile.TemporaryDirectory() as made:
        paired = arguments.paired or write_paired_set(Path(made), 256, arguments.resolution)
        request = TrainRequest(
            paired=paired,
            init=arguments.init,
            resolution=arguments.resolution,
            channel_base=arguments.channel_base,
        )
        runs = [
            bench(
                request,
                TrainSettings(batch_size=batch, precision=precision, fused=arguments.fuse),
                device,
                arguments.seconds / len(arguments.batch),
            )
            for batch in arguments.batch
        ]
    result = TrainBenchResult(this_machine(device), runs)
    page = to_markdown(result)
    print(page)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(result), indent=1)
        (arguments.out / "train-bench.json").write_bytes(text + b"\n")
        (arguments.out / "train-bench.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
