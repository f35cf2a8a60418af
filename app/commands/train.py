"""`livedrag train`: trains a generator; the same command again goes on where it was ended."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

_INTERVALS = (
    ("evaluate", "MINUTES", 10.0, "held-out losses, a sample sheet and the generator's file"),
    ("checkpoint", "MINUTES", 4.0, "what a power cut can cost"),
    ("log", "STEPS", 50, "a line of metrics.jsonl"),
)


def add_parser(subparsers: Any) -> None:
    """Adds `train` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train",
        help="train a generator of your own",
        description="Trains a StyleGAN2 generator. The folder of --out gets checkpoints, sample sheets,"
        " metrics.jsonl and generator.safetensors; the same command again goes on from the last checkpoint."
        " Several processes: torchrun --nproc-per-node 2 -m app train ...",
    )
    parser.add_argument(
        "--paired",
        type=Path,
        metavar="DIR",
        required=True,
        help="pictures with known factors, which 'livedrag dataset' wrote",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder of the run")
    parser.add_argument("--init", type=Path, metavar="FILE", help="generator to start from; may be smaller")
    parser.add_argument(
        "--resolution", type=int, default=128, metavar="PX", help="of the pictures; default 128"
    )
    parser.add_argument("--channel-base", type=int, default=2048, metavar="N", help="default 2048")
    parser.add_argument("--channel-max", type=int, default=128, metavar="N", help="default 128")
    parser.add_argument("--minutes", type=float, metavar="N", help="of training, over all restarts")
    parser.add_argument("--images", type=int, metavar="N", help="pictures to train on, over all restarts")
    parser.add_argument(
        "--batch", type=int, default=16, metavar="N", help="pictures a step, over all processes"
    )
    parser.add_argument("--seed", type=int, default=0, help="of initial weights and of the order; default 0")
    for what, unit, default, told in _INTERVALS:
        told = f"{told}; default {default:g}"
        parser.add_argument(f"--{what}-every", type=type(default), metavar=unit, default=default, help=told)
    parser.add_argument("--name", help="the generator's name in its file; default: the folder's")
    parser.add_argument("--licence", help="under which licence you give it away")
    parser.add_argument("--training-data", help="what it is trained on, for its file")
    parser.add_argument(
        "--device", metavar="cpu|cuda", default=argparse.SUPPRESS, help="where to compute; default: the best"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trains. Raises TrainError and the errors of the files that are read."""
    from app.commands.arguments import device_of
    from gan.devices import resolve_device
    from gan.train.processes import join_processes, leave_processes

    device = resolve_device(device_of(arguments))
    processes = join_processes(device)
    try:
        return _run(arguments, device, processes)
    finally:
        leave_processes(processes)


def _run(arguments: argparse.Namespace, device: Any, processes: Any) -> int:
    from gan.formats.safetensors_file import ProvenanceHeader
    from gan.train.budget import Budget
    from gan.train.paired_run import PairedRequest, paired_training
    from gan.train.run_folder import RunFolder
    from gan.train.settings import TrainError, TrainSettings
    from gan.train.trainer import train

    if arguments.minutes is None and arguments.images is None:
        raise TrainError("a run needs an end: give --minutes or --images")
    settings = TrainSettings(
        seed=arguments.seed,
        batch_size=arguments.batch,
        evaluate_every_minutes=arguments.evaluate_every,
        checkpoint_every_minutes=arguments.checkpoint_every,
        log_every_steps=arguments.log_every,
    )
    request = PairedRequest(
        dataset=arguments.paired,
        init=arguments.init,
        resolution=arguments.resolution,
        channel_base=arguments.channel_base,
        channel_max=arguments.channel_max,
    )
    training = paired_training(request, settings, processes, device)
    folder = RunFolder(arguments.out)
    provenance = ProvenanceHeader(
        name=arguments.name or arguments.out.name,
        licence=arguments.licence,
        training_data=arguments.training_data,
    )
    budget = Budget(arguments.minutes, arguments.images)
    with _Bar(shown=processes.first) as bar:
        finished = train(training, budget, folder, provenance, settings, processes, bar.note)
    if processes.first:
        state = "trained" if finished else "ended early; the same command goes on"
        print(f"{arguments.out}: {state}")
    return 0


class _Bar:
    """Progress on stderr: a bar where a person looks at it, else a line a minute."""

    LINE_EVERY_S = 60.0

    def __init__(self, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._shown = shown
        self._live = shown and sys.stderr.isatty()
        columns = (TextColumn("training"), BarColumn(), TextColumn("{task.fields[detail]}"))
        self._bar = Progress(*columns, console=Console(stderr=True), disable=not self._live, transient=True)
        self._task = self._bar.add_task("training", total=1.0, detail="")
        self._said = 0.0

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def note(self, progress: Any) -> None:
        """Shows what `gan.train.trainer` says after a step."""
        left = "" if progress.seconds_left is None else f", {progress.seconds_left / 60:.1f} min left"
        losses = ", ".join(f"{name} {value:.4f}" for name, value in progress.metrics.items())
        detail = f"{progress.pictures} pictures in {progress.seconds / 60:.1f} min{left}; {losses}"
        self._bar.update(self._task, completed=progress.share, detail=detail)
        if self._shown and not self._live and time.monotonic() - self._said > self.LINE_EVERY_S:
            self._said = time.monotonic()
            print(f"{100 * progress.share:.1f}%: {detail}", file=sys.stderr, flush=True)
