"""`livedrag bench`: our step beside the literal reference. The measuring is in tests/benchmarks."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from app.commands.numbers import whole_number

NAMES = ("embedded", "random-256", "random-512", "random-1024")
ROOT = Path(__file__).resolve().parents[2]


def add_parser(subparsers: Any) -> None:
    """Adds `bench` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "bench",
        help="measure our step beside the literal reference",
        description=(
            "Measures steps, memory, time to first picture, the window's frames, and what overlays, "
            "recording and long sessions cost."
        ),
    )
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write JSON to FILE, without FILE to stdout"
    )
    parser.add_argument(
        "--only", choices=NAMES, action="append", metavar="NAME", help=f"only these: {', '.join(NAMES)}"
    )
    parser.add_argument("--all", action="store_true", help="random-1024 too (minutes)")
    parser.add_argument("--no-window", action="store_true", help="do not open the window")
    parser.add_argument("--no-memory", action="store_true", help="do not measure peak memory")
    parser.add_argument(
        "--threads",
        type=whole_number(1, 1024),
        metavar="N",
        help="torch threads, for ours and the reference; default: torch's",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where both run")
    parser.add_argument("--half-layers", action="store_true", help="our drags with fine layers in 16 bits")
    parser.add_argument(
        "--cases", action="store_true", help="1, 4 and 32 handles, with and without mask, a whole edit too"
    )
    parser.add_argument(
        "--repeats",
        type=whole_number(1, 100),
        metavar="N",
        help="so many rounds of everything; default: as many as time allows, and the reference at most 7",
    )
    studio = parser.add_mutually_exclusive_group()
    studio.add_argument(
        "--studio",
        action="store_true",
        help="only what overlays, recording, saving and a session of 10,000 steps cost (minutes)",
    )
    studio.add_argument("--no-studio", action="store_true", help="do not measure that")
    parser.add_argument("--store", action="store_true", help="keep the result in tests/benchmarks/results")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measures and prints. Raises LiveDragError."""
    import torch

    from app.commands.progress import progress
    from app.errors import UsageError

    if not (ROOT / "tests" / "benchmarks" / "step_bench.py").is_file():
        raise UsageError("bench needs the source checkout (its reference is in tests/); run it from there")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # `livedrag` started from another folder
    from gan.devices import resolve_device
    from gan.half_precision import HalfPrecision
    from tests.benchmarks import result_file
    from tests.benchmarks.case_bench import bench_cases, bench_edit
    from tests.benchmarks.machine import this_machine
    from tests.benchmarks.step_bench import bench_steps
    from tests.benchmarks.studio_bench import OTHER_PART_COUNT, WINDOW_PART_COUNT, bench_studio
    from tests.benchmarks.subjects import DEFAULT_NAMES, make_subject
    from tests.benchmarks.window_bench import LEFT_OUT, WindowBench, bench_window

    generators = [name for name in ("--only", "--all", "--cases") if getattr(arguments, name[2:])]
    if arguments.studio and generators:
        raise UsageError(f"--studio measures no generators; leave it out, or {' and '.join(generators)}")
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    machine = this_machine(
        resolve_device(arguments.device)
    )  # before the work: it notes the load that others make
    names = arguments.only or (NAMES if arguments.all else DEFAULT_NAMES)
    names = () if arguments.studio else names
    _check_writable(arguments.json)
    half = HalfPrecision() if arguments.half_layers else None
    steps, cases, edits = [], {}, {}
    with_window, window = not arguments.no_window, WindowBench(not_measured=LEFT_OUT)
    part_count = len(names) + (with_window and not arguments.studio)
    if not arguments.no_studio:
        part_count += OTHER_PART_COUNT + with_window * WINDOW_PART_COUNT
    with progress("measuring", part_count) as advance:
        if with_window and not arguments.studio:
            advance("the window")
            window = bench_window()
        for name in names:
            advance(name)
            subject = make_subject(name, arguments.device, half)
            # the process whose memory is measured works on the processor
            with_memory = not arguments.no_memory and arguments.device == "cpu"
            steps.append(bench_steps(subject, with_memory, arguments.repeats))
            if arguments.cases:
                cases[name] = bench_cases(subject, repeats=arguments.repeats, with_memory=with_memory)
                edits[name] = bench_edit(subject, steps[-1].default_step_ms)
        studio = None if arguments.no_studio else bench_studio(with_window, advance)
    result = result_file.BenchResult(
        date=result_file.now(),
        machine=machine,
        window=window,
        steps=steps,
        device=arguments.device,
        cases=cases,
        edits=edits,
        studio=studio,
    )
    if arguments.json == "-":
        print(result_file.to_json(result), end="")
    else:
        _print_tables(result)
    if arguments.json not in (None, "-"):
        write_result(Path(arguments.json), result_file.to_json(result))
    if arguments.store:
        for path in result_file.store(result):
            print(f"kept in {os.path.relpath(path)}", file=sys.stderr)
    return 0


def write_result(path: Path, text: str) -> None:
    """Writes a result. Raises OutputError."""
    from app.errors import OutputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}; give another file") from error


def _check_writable(file: str | None) -> None:
    from app.commands.outputs import check_folder
    from app.errors import OutputError

    if file is None or file == "-":
        return
    check_folder(Path(file).absolute().parent)
    if Path(file).is_dir():
        raise OutputError(f"cannot write to '{file}': it is a folder; give a file's name")


def _print_tables(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from tests.benchmarks.result_file import describe_cases, describe_studio, describe_window, tables

    console = Console()
    for number, rows in enumerate(tables(result)):
        machine = result.machine.gpu_model or f"{result.machine.cpu_model}, {result.machine.core_count} cores"
        table = Table(title=None if number else machine)
        # a row is a column here: ten columns of numbers do not fit a terminal
        for i, column in enumerate(rows):
            table.add_column(column[0], justify="right" if i else "left")
        for cells in zip(*(column[1:] for column in rows), strict=True):
            table.add_row(*cells)
        console.print(table)
    for line in [
        *describe_window(result.window),
        *describe_studio(result.studio),
        *describe_cases(result),
    ]:
        console.print(line)
