"""Arguments that several commands share, and how their values are read. Imports nothing heavy."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

Point = tuple[float, float]
Drag = tuple[Point, Point]  # handle point, target point; image pixels

STEP_LIMIT = 10_000


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """--model and --device."""
    # SUPPRESS: a subcommand's default must not overwrite what was given before the subcommand
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="generator file (.safetensors, .pkl, .pt); default: the embedded one",
    )
    parser.add_argument(
        "--device",
        metavar="cpu|cuda|mps",
        default=argparse.SUPPRESS,
        help="where to compute; default: the best there is",
    )


def device_of(arguments: argparse.Namespace) -> str:
    """What --device asks for, else the best device of this machine. Imports torch."""
    from gan.devices import best_device

    return str(getattr(arguments, "device", None) or best_device())


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """--out, --video, --no-mark and --json, of commands that leave an edit in a folder."""
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder for what is written")
    parser.add_argument(
        "--video",
        choices=("mp4", "gif", "webp"),
        nargs="?",
        const="mp4",
        help="write edit.mp4 too; or an animation, edit.gif or edit.webp",
    )
    parser.add_argument(
        "--no-mark", dest="mark", action="store_false", help="leave out the small visible mark"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def parse_drag(text: str) -> Drag:
    """'X0,Y0:X1,Y1' -> ((x0, y0), (x1, y1)), image pixels."""
    try:
        handle, target = (tuple(float(number) for number in end.split(",")) for end in text.split(":"))
        (x0, y0), (x1, y1) = handle, target
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a drag; give handle and target point as X0,Y0:X1,Y1, for example 30,40:44,40"
        ) from None
    if not all(math.isfinite(number) for number in (x0, y0, x1, y1)):
        raise argparse.ArgumentTypeError(f"'{text}' holds a number that is not finite; give pixels")
    if (x0, y0) == (x1, y1):
        raise argparse.ArgumentTypeError(
            f"'{text}': handle and target are the same point; give a target away from the handle"
        )
    return (x0, y0), (x1, y1)


def parse_seed(text: str) -> int:
    """A seed of numpy's RandomState, 0 .. 2**32 - 1."""
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is out of range; give a whole number 0 to {2**32 - 1}")
    return seed


def parse_psi(text: str) -> float:
    """A truncation psi; the range is that of app.session.edits.PSI_RANGE."""
    try:
        psi = float(text)
    except ValueError:
        psi = math.nan
    if not -1 <= psi <= 2:
        raise argparse.ArgumentTypeError(f"'{text}' is out of range; give a number -1 to 2, typically 0.7")
    return psi


def parse_steps(text: str) -> int:
    """A number of optimisation steps, 1 .. STEP_LIMIT."""
    try:
        steps = int(text)
    except ValueError:
        steps = 0
    if not 1 <= steps <= STEP_LIMIT:
        raise argparse.ArgumentTypeError(f"'{text}' is out of range; give a whole number 1 to {STEP_LIMIT}")
    return steps


def parse_latent_space(text: str) -> str:
    """'w' or 'w+'."""
    if text not in ("w", "w+"):
        raise argparse.ArgumentTypeError(f"'{text}' is unknown; give w or w+")
    return text
