"""The command `livedrag`: finds the command, runs it, and turns every error into one line and exit code 2.

Command modules import torch only when they run, so that help and misspelt arguments answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.commands import bench, convert, dataset, edit, evaluate, inspect, replay, show, train, window
from app.commands.interrupt import INTERRUPTED
from app.commands.one_line_parser import EXIT_ERROR, OneLineParser, print_error
from app.version import program_version

# torch reads it with its first tensor; Linux then hands out 2 MB and more in large pages. Maps of a large
# picture are fetched anew for every layer: in pages of 4 KB that was half the time of a pass over them.
LARGE_PAGES = "THP_MEM_ALLOC_ENABLE"
DROPPED_FILES = {".safetensors": "--model", ".pkl": "--model", ".pt": "--model", ".pth": "--model"}
DROPPED_FILES[".json"] = "--session"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `livedrag` with these arguments (default: the process's); returns the exit code."""
    os.environ.setdefault(LARGE_PAGES, "1")
    arguments = name_dropped_file(sys.argv[1:] if argv is None else list(argv))
    try:
        code = parse_and_run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, less) has gone: nothing is wrong, but Python would complain while closing stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parse_and_run(arguments: list[str]) -> int:
    """The exit code of these arguments, also where argparse itself answers."""
    try:
        return run_command(build_parser().parse_args(arguments))
    except SystemExit as leaving:  # --help, --version, or OneLineParser.error
        return leaving.code if isinstance(leaving.code, int) else 0


def run_command(parsed: argparse.Namespace) -> int:
    """Runs the parsed command; errors meant for a person become one line and exit code 2."""
    from gan.errors import LiveDragError
    from render.errors import RenderError

    try:
        code: int = parsed.run(parsed)
        return code
    except (LiveDragError, RenderError) as error:
        print_error(str(error))
    except (MemoryError, RuntimeError) as error:
        from gan.device_faults import DeviceFault, fault_of

        fault = fault_of(error)
        if fault is None:
            raise
        print_error(
            "the memory is not enough for this generator; close other programs or use --device cpu"
            if fault is DeviceFault.FULL
            else "the device stopped answering; start again once it answers (nvidia-smi), or use --device cpu"
        )
    return EXIT_ERROR


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; `parsed.run` is the command's function."""
    parser = OneLineParser(
        prog="livedrag",
        description="Grab a point of a generated picture and pull. Without a command: the window.",
    )
    parser.add_argument("--version", action="version", version=f"livedrag {program_version()}")
    window.add_arguments(parser)
    parser.set_defaults(run=window.run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (edit, replay, inspect, convert, dataset, train, evaluate, show, bench):
        command.add_parser(commands)
    return parser


def name_dropped_file(arguments: list[str]) -> list[str]:
    """['cats.pkl', ...] -> ['--model', 'cats.pkl', ...], a session likewise: a path dropped on the
    command line."""
    if not arguments or arguments[0].startswith("-"):
        return arguments
    suffix = Path(arguments[0]).suffix.lower()
    if suffix not in DROPPED_FILES:
        return arguments
    return [DROPPED_FILES[suffix], *arguments]
