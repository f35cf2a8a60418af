"""Arguments that several commands share, and how their values are read. Imports nothing heavy."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from app.commands.numbers import number, whole_number
from app.movie.options import EASINGS, HOLD_RANGE, SECONDS_RANGE, SIZE_RANGE, MovieOptions

VIDEO_KINDS = ("mp4", "webm", "gif", "webp", "png")

Point = tuple[float, float]
Drag = tuple[Point, Point]  # handle point, target point; image pixels

STEP_LIMIT = 10_000

parse_seed = whole_number(0, 2**32 - 1)  # of numpy's RandomState
parse_psi = number(-1, 2, hint="typically 0.7")  # the range is that of app.session.edits.PSI_RANGE
parse_steps = whole_number(1, STEP_LIMIT)  # optimisation steps


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


def add_half_layers_argument(parser: argparse.ArgumentParser) -> None:
    """--half-layers, off by default."""
    parser.add_argument(
        "--half-layers",
        action="store_true",
        help="drag with high-resolution layers in 16 bits, meant for GPUs, its gain not measured there; "
        "slower on a processor",
    )


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """--out, --video and how it looks, --no-mark and --json, of commands that leave an edit in a folder."""
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder for what is written")
    parser.add_argument(
        "--picture",
        choices=("png", "jpg", "webp"),
        default="png",
        help="kind of the pictures; default: png",
    )
    add_movie_arguments(parser)
    parser.add_argument(
        "--no-mark", dest="mark", action="store_false", help="leave out the small visible mark"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def add_movie_arguments(parser: argparse.ArgumentParser) -> None:
    """--video, and how the movie looks."""
    movie = parser.add_argument_group("video")
    movie.add_argument(
        "--video",
        choices=VIDEO_KINDS,
        nargs="?",
        const="mp4",
        help="write edit.mp4 too; or edit.webm, an animation .gif or .webp, or a folder of PNG pictures",
    )
    movie.add_argument(
        "--fps", type=whole_number(1, 120), metavar="N", default=30, help="frames a second; default: 30"
    )
    movie.add_argument(
        "--size",
        type=whole_number(*SIZE_RANGE),
        metavar="PX",
        help="longer edge; default: the picture's own, at least 512",
    )
    movie.add_argument(
        "--seconds",
        type=number(*SECONDS_RANGE),
        metavar="S",
        help="length of the drag; default: a 30th for each step",
    )
    movie.add_argument(
        "--easing",
        choices=tuple(EASINGS),
        default="smooth",
        help="how the drag starts and ends; default: smooth",
    )
    movie.add_argument(
        "--hold",
        type=number(*HOLD_RANGE),
        metavar="S",
        default=1.2,
        help="how long the start and the result are shown; default: 1.2",
    )
    movie.add_argument("--clean", action="store_true", help="only the picture: no handles, targets and mask")


def movie_options(arguments: argparse.Namespace) -> MovieOptions:
    """What the arguments say about the movie."""
    return MovieOptions(
        fps=arguments.fps,
        size_px=arguments.size,
        seconds=arguments.seconds,
        easing=arguments.easing,
        hold_s=arguments.hold,
        clean=arguments.clean,
        mark=arguments.mark,
    )


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


def parse_latent_space(text: str) -> str:
    """'w' or 'w+'."""
    if text not in ("w", "w+"):
        raise argparse.ArgumentTypeError(f"'{text}' is unknown; give w or w+")
    return text
