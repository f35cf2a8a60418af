"""The window: `livedrag` without a command. Imports nothing heavy until it runs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app.commands.arguments import (
    add_half_layers_argument,
    add_model_arguments,
    device_of,
    parse_psi,
    parse_seed,
)
from app.display_probe import why_no_window
from app.drag_script import DEFAULT_SCRIPT, DragScript


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The window's options."""
    add_model_arguments(parser)
    parser.add_argument(
        "--seed", type=parse_seed, metavar="N", help="the first picture of a new session; default: a lion's"
    )
    parser.add_argument(
        "--latent",
        type=Path,
        metavar="FILE",
        help="begin a new session with this latent: .safetensors, .npy, .npz or .pt",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="record from the first picture on: .mp4, .webm, .gif or .png",
    )
    parser.add_argument(
        "--no-mark", dest="mark", action="store_false", help="leave the small visible mark out of exports"
    )
    parser.add_argument("--psi", type=parse_psi, metavar="P", help="truncation psi; default: 0.7")
    parser.add_argument(
        "--session",
        type=Path,
        metavar="FILE",
        help="open this session, or begin it where there is no such file; saved when the window closes",
    )
    parser.add_argument(
        "--display",
        choices=("auto", "gl", "host"),
        default="auto",
        help="how the picture reaches the screen; default: auto (OpenGL where there is one)",
    )
    parser.add_argument("--vsync", action="store_true", help="wait for the screen's refresh")
    parser.add_argument(
        "--no-latency-hiding",
        dest="latency_hiding",
        action="store_false",
        help="never pull the last picture along while the next one is made",
    )
    add_half_layers_argument(parser)
    parser.add_argument("--overlays", choices=("all", "none"), help=argparse.SUPPRESS)  # for measurements
    parser.add_argument(
        "--scripted-drag",
        type=_parse_script,
        nargs="?",
        const=DEFAULT_SCRIPT,
        metavar="X0,Y0:X1,Y1,SECONDS",
        help=argparse.SUPPRESS,
    )


def run(arguments: argparse.Namespace) -> int:
    """Opens the window and returns when it is closed; without a display, performs the example edit."""
    reason = why_no_window()
    if reason is not None:
        from app.commands.example import run_example
        from app.errors import UsageError

        if arguments.session is not None or hasattr(arguments, "model"):
            raise UsageError(f"{reason}; without a window use 'livedrag replay' or 'livedrag edit'")
        if os.environ.get("DISPLAY"):  # else the example's own line says it all
            print(f"livedrag: {reason}", file=sys.stderr)
        return run_example(device=device_of(arguments))
    from app.main_window import LaunchOptions, run_window

    return run_window(
        LaunchOptions(
            model=getattr(arguments, "model", None),
            device=getattr(arguments, "device", None),
            seed=arguments.seed,
            truncation_psi=arguments.psi,
            latent=arguments.latent,
            record=arguments.record,
            mark=arguments.mark,
            session=arguments.session,
            display=arguments.display,
            vsync=arguments.vsync,
            latency_hiding=arguments.latency_hiding,
            half_layers=arguments.half_layers,
            script=arguments.scripted_drag,
            overlays=arguments.overlays,
        )
    )


def _parse_script(text: str) -> DragScript:
    try:
        return DragScript.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a scripted drag; give X0,Y0:X1,Y1,SECONDS, for example 30,36:40,36,3"
        ) from None
