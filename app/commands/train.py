"""`livedrag train`: trains a generator; the same command again goes on where it was ended."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import parse_seed
from app.commands.numbers import number, whole_number

if TYPE_CHECKING:
    from gan.train.processes import Processes
    from gan.train.trainer import Progress

MOST = 10**12  # of anything: more is a slip of the hand

_count = whole_number(1, MOST)
_positive = number(0, MOST, above=True)
_share = number(0, 1, above=True)

DEFAULT_ADVERSARIAL_SHARE = 0.25
_INTERVALS = (
    ("evaluate", _positive, "MINUTES", 10.0, "held-out losses, a sample sheet and the generator's file"),
    ("checkpoint", _positive, "MINUTES", 4.0, "what a power cut can cost"),
    ("log", _count, "STEPS", 50, "a line of metrics.jsonl"),
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
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of PNG, JPEG or WebP pictures, any size"
    )
    data.add_argument("--critters", action="store_true", help="toy animal heads, rendered as they are needed")
    data.add_argument(
        "--paired", type=Path, metavar="DIR", help="pictures with their factors, from 'livedrag dataset'"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder of the run")
    _add_budget(parser)
    _add_generator(parser)
    _add_method(parser)
    for what, read, unit, default, told in _INTERVALS:
        told = f"{told}; default {default:g}"
        parser.add_argument(f"--{what}-every", type=read, metavar=unit, default=default, help=told)
    parser.add_argument("--name", help="the generator's name in its file; default: the folder's")
    parser.add_argument("--licence", help="under which licence you give it away")
    parser.add_argument("--training-data", help="what it is trained on, for its file")
    parser.add_argument(
        "--device", metavar="cpu|cuda", default=argparse.SUPPRESS, help="where to compute; default: the best"
    )
    parser.set_defaults(run=run)


def _add_budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=_positive, metavar="N", help="of training, over all restarts")
    parser.add_argument("--images", type=_count, metavar="N", help="pictures to train on, over all restarts")
    parser.add_argument("--batch", type=_count, default=16, metavar="N", help="pictures a step; default 16")
    parser.add_argument(
        "--learning-rate",
        type=_positive,
        metavar="N",
        help="of paired training; default 0.003, which suits 16 pictures a step; 64 take up to 0.006",
    )
    parser.add_argument(
        "--feature-weight",
        type=_positive,
        metavar="N",
        help="of paired training's feature distance, all along; default: 0.1 rising to 0.3, which suits a "
        "new generator",
    )
    parser.add_argument("--seed", type=parse_seed, default=0, help="of weights and order; default 0")


def _add_generator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--init", type=Path, metavar="FILE", help="generator to start from; may be smaller")
    parser.add_argument("--resolution", type=_count, default=128, metavar="PX", help="default 128")
    parser.add_argument(
        "--channel-base", type=_count, default=2048, metavar="N", help="widths N / resolution; default 2048"
    )
    parser.add_argument(
        "--channel-max", type=_count, default=128, metavar="N", help="widths at most N; default 128"
    )
    parser.add_argument("--z-dim", type=_count, default=128, metavar="N", help="default 128; paired: factors")
    parser.add_argument("--w-dim", type=_count, default=128, metavar="N", help="default 128")
    parser.add_argument("--mapping-layers", type=_count, default=4, metavar="N", help="default 4")


def _add_method(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--then-adversarial",
        type=_share,
        nargs="?",
        const=DEFAULT_ADVERSARIAL_SHARE,
        default=0.0,
        metavar="SHARE",
        help="with --paired: go adversarial in the last SHARE of the budget; default 0.25",
    )
    parser.add_argument(
        "--frozen-features",
        action="store_true",
        help="a discriminator on EfficientNet-Lite0's features: fewer pictures needed",
    )
    parser.add_argument("--mirror", action="store_true", help="mirror images of --data are pictures too")
    parser.add_argument("--no-augment", action="store_true", help="without adaptive augmentation")
    parser.add_argument("--r1-gamma", type=_positive, metavar="N", help="default: by resolution and batch")
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        help="of convolutions; default bfloat16 on a GPU that has it, else float32",
    )
    parser.add_argument(
        "--fuse",
        action="store_true",
        help="with --paired in 16 bits: compile for a minute at the start, then train faster",
    )


def run(arguments: argparse.Namespace) -> int:
    """Trains. Raises TrainError and the errors of the files that are read."""
    from app.commands.arguments import device_of
    from gan.devices import resolve_device
    from gan.train.processes import join_processes, leave_processes, own_device
    from gan.train.settings import TrainError

    if arguments.minutes is None and arguments.images is None:
        raise TrainError("a run needs an end: give --minutes or --images")
    if arguments.then_adversarial and arguments.paired is None:
        raise TrainError("--then-adversarial is for paired training; give --paired, or leave it out")
    if arguments.learning_rate is not None and arguments.paired is None:
        raise TrainError("--learning-rate is for paired training; give --paired, or leave it out")
    if arguments.feature_weight is not None and arguments.paired is None:
        raise TrainError("--feature-weight is for paired training; give --paired, or leave it out")
    if arguments.fuse and arguments.paired is None:
        raise TrainError("--fuse is for paired training; give --paired, or leave it out")
    if arguments.mirror and arguments.data is None:
        raise TrainError("--mirror is for --data; leave it out")
    device = own_device(resolve_device(device_of(arguments)))
    processes = join_processes(device)
    done = False
    try:
        code = _train(arguments, device, processes)
        done = True
    finally:
        leave_processes(processes, done)
    return code


def _train(arguments: argparse.Namespace, device: Any, processes: Processes) -> int:
    from gan.formats.safetensors_file import ProvenanceHeader
    from gan.train.budget import Budget
    from gan.train.precision import best_precision
    from gan.train.request import TrainRequest, prepare_training
    from gan.train.run_folder import RunFolder
    from gan.train.settings import TrainError, TrainSettings
    from gan.train.trainer import train

    defaults = TrainSettings()
    precision = arguments.precision or best_precision(device)
    if arguments.fuse and precision == "float32":
        raise TrainError("--fuse merges 16-bit layers; give --precision bfloat16, or leave it out")
    settings = TrainSettings(
        seed=arguments.seed,
        batch_size=arguments.batch,
        learning_rate=arguments.learning_rate or defaults.learning_rate,
        perceptual_weight_start=arguments.feature_weight or defaults.perceptual_weight_start,
        perceptual_weight_end=arguments.feature_weight or defaults.perceptual_weight_end,
        frozen_features=arguments.frozen_features,
        precision=precision,
        fused=arguments.fuse,
        augment_target=None if arguments.no_augment else defaults.augment_target,
        r1_gamma=arguments.r1_gamma,
        evaluate_every_minutes=arguments.evaluate_every,
        checkpoint_every_minutes=arguments.checkpoint_every,
        log_every_steps=arguments.log_every,
    )
    request = TrainRequest(
        paired=arguments.paired,
        folder=arguments.data,
        mirrored=arguments.mirror,
        init=arguments.init,
        resolution=arguments.resolution,
        channel_base=arguments.channel_base,
        channel_max=arguments.channel_max,
        z_dim=arguments.z_dim,
        w_dim=arguments.w_dim,
        mapping_layer_count=arguments.mapping_layers,
        adversarial_share=arguments.then_adversarial,
    )
    folder = RunFolder(arguments.out)
    bar = _Bar(shown=processes.first)
    training = prepare_training(
        request, settings, processes, device, folder.folder, bar.note_prepared, bar.note_skipped
    )
    provenance = ProvenanceHeader(
        name=arguments.name or arguments.out.resolve().name,
        licence=arguments.licence,
        training_data=arguments.training_data or _training_data(arguments),
    )
    budget = Budget(arguments.minutes, arguments.images)
    with bar:
        finished = train(training, budget, folder, provenance, settings, processes, bar.note)
    if processes.first:
        print(f"{arguments.out}: {'trained' if finished else 'ended early; the same command goes on'}")
    return 0


def _training_data(arguments: argparse.Namespace) -> str | None:
    """What the file says by default; of a folder we know nothing that is fit for publication."""
    return None if arguments.data is not None else "procedural toy animal heads rendered by LiveDrag"


class _Bar:
    """Progress on stderr: a bar where a person looks at it, else a line a minute."""

    LINE_EVERY_S = 60.0

    def __init__(self, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._shown = shown
        self._live = shown and sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"))
        self._bar = Progress(*columns, console=Console(stderr=True), disable=not self._live, transient=True)
        self._task = self._bar.add_task("training", total=1.0, detail="")
        self._said = time.monotonic() - self.LINE_EVERY_S

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def note_prepared(self, done: int, count: int) -> None:
        """Hears how many of a folder's pictures are decoded."""
        self._say(f"{done} of {count} pictures prepared")

    def note_skipped(self, skipped: dict[str, str]) -> None:
        """Names the files that could not be read."""
        if self._shown:
            for name, reason in skipped.items():
                print(f"skipped {name}: {' '.join(reason.split())}", file=sys.stderr)

    def note(self, progress: Progress) -> None:
        """Hears where the training is, after every step."""
        if not self._live and not self._is_due():
            return  # a step on a GPU is shorter than the line's making
        left = "" if progress.seconds_left is None else f", {progress.seconds_left / 60:.1f} min left"
        losses = ", ".join(f"{name} {value:.4f}" for name, value in progress.metrics.items())
        detail = f"{progress.pictures} pictures in {progress.seconds / 60:.1f} min{left}; {losses}"
        self._bar.update(self._task, completed=progress.share, detail=detail)
        self._say(f"{100 * progress.share:.1f}%: {detail}")

    def _say(self, line: str) -> None:
        if self._shown and not self._live and self._is_due():
            self._said = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def _is_due(self) -> bool:
        return time.monotonic() - self._said > self.LINE_EVERY_S
