"""`livedrag dataset`: critters rendered into a folder, to train a generator on."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from app.commands.arguments import parse_seed
from app.commands.numbers import whole_number

COUNT_LIMIT = 100_000_000
WORKER_LIMIT = 256


def add_parser(subparsers: Any) -> None:
    """Adds `dataset` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "dataset",
        help="render a training set of critters, toy animal heads",
        description=(
            "Renders critters into DIR with their factors and landmarks. Started again with the same "
            "arguments, it finishes what was begun."
        ),
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder of the set")
    parser.add_argument(
        "--count", type=whole_number(1, COUNT_LIMIT), metavar="N", required=True, help="number of critters"
    )
    parser.add_argument(
        "--resolution",
        type=whole_number(16, 1024),
        metavar="PIXELS",
        default=128,
        help="16 to 1024; default: 128",
    )
    parser.add_argument("--seed", type=parse_seed, default=0, help="another seed, other critters; default: 0")
    parser.add_argument(
        "--images", action="store_true", help="one PNG for each critter instead of one memory-mappable array"
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, WORKER_LIMIT),
        metavar="K",
        help="processes on a CPU; default: one for each core",
    )
    parser.add_argument("--device", metavar="cpu|cuda", default="cpu", help="where to render; default: cpu")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Renders the set, or the rest of it. Raises LiveDragError."""
    from app.commands.outputs import check_folder
    from app.commands.progress import progress
    from gan.critters.dataset import write_array, write_images

    check_folder(arguments.out)
    write = write_images if arguments.images else write_array
    begun = time.monotonic()
    done: list[int] = []  # after each block; the first entry is what an earlier run left
    with progress("rendering", arguments.count) as advance:

        def on_done(done_count: int) -> None:
            for _ in range(done_count - (done[-1] if done else 0)):
                advance()
            done.append(done_count)

        write(
            arguments.out,
            arguments.seed,
            arguments.count,
            arguments.resolution,
            worker_count=arguments.workers or _core_count(),
            device=arguments.device,
            on_done=on_done,
        )
    seconds = time.monotonic() - begun
    _report(arguments, arguments.count - done[0], seconds)
    return 0


def _report(arguments: argparse.Namespace, rendered_count: int, seconds: float) -> None:
    rate = rendered_count / seconds if rendered_count else 0.0
    if arguments.json:
        result = {
            "folder": str(arguments.out),
            "form": "images" if arguments.images else "array",
            "count": arguments.count,
            "resolution": arguments.resolution,
            "seed": arguments.seed,
            "rendered_count": rendered_count,
            "seconds": round(seconds, 3),
            "pictures_per_second": round(rate, 3),
        }
        print(json.dumps(result))
        return
    print(f"{arguments.out}: {arguments.count} critters of {arguments.resolution} pixels")
    if rendered_count < arguments.count:
        print(f"{arguments.count - rendered_count} of them were there already")
    if rendered_count:
        print(f"{seconds:.1f} s, {rate:.1f} pictures a second")


def _core_count() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))  # containers and taskset give less than the machine has
    return os.cpu_count() or 1
