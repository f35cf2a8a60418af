"""The result of one run: as JSON, as a Markdown table, and where it is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.benchmarks.case_bench import CaseBench, EditBench, case_table, shown_number
from tests.benchmarks.machine import Machine
from tests.benchmarks.step_bench import StepBench
from tests.benchmarks.studio_bench import (
    SESSION_HEADINGS,
    WINDOW_HEADINGS,
    StudioBench,
    describe_studio,
    session_rows,
    window_rows,
)
from tests.benchmarks.window_bench import LEFT_OUT, WindowBench

RESULTS = Path(__file__).resolve().parent / "results"


class BenchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `livedrag bench`."""

    format: str = "livedrag-bench"
    version: int = 1
    date: str
    machine: Machine
    window: WindowBench
    steps: list[StepBench]
    device: str = "cpu"
    cases: dict[str, list[CaseBench]] = {}
    edits: dict[str, EditBench] = {}
    studio: StudioBench | None = None


def now() -> str:
    """The date of a run, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_json(result: BenchResult) -> str:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1).decode() + "\n"


def store(result: BenchResult) -> list[Path]:
    """Keeps the result under tests/benchmarks/results as JSON and as a table; returns the files."""
    what = result.device if result.steps else "studio"  # one must not take another's place
    if result.cases:
        what += "-cases"
    stem = RESULTS / f"{result.date[:10]}-{result.machine.slug}-{what}"
    json_path, table_path = stem.with_suffix(".json"), stem.with_suffix(".md")
    RESULTS.mkdir(exist_ok=True)
    json_path.write_text(to_json(result), encoding="utf-8")
    table_path.write_text(to_markdown(result), encoding="utf-8")
    return [json_path, table_path]


Table = list[tuple[str, ...]]  # the headings, then the rows

HEADINGS = (
    "generator",
    "our step ms",
    "reference ms",
    "ratio",
    "default step ms",
    "step + picture ms",
    "reference step + picture ms",
    "ratio with picture",
    "GMAC ours",
    "GMAC reference",
    "MB ours",
    "MB reference",
)


def rows(result: BenchResult) -> Table:
    """The table's cells, one row for every generator, in the order of HEADINGS."""
    return [
        (
            bench.title,
            shown_number(bench.step_ms),
            shown_number(bench.reference_step_ms),
            f"{bench.ratio:.1f}",
            shown_number(bench.default_step_ms),
            shown_number(bench.step_and_picture_ms),
            *_pictured(bench),
            f"{bench.step_gmac:.2f}",
            f"{bench.reference_step_gmac:.2f}",
            _megabytes(bench.peak_memory_mb),
            _megabytes(bench.reference_peak_memory_mb),
        )
        for bench in result.steps
    ]


def _pictured(bench: StepBench) -> tuple[str, str]:
    slow = bench.reference_step_and_picture_ms
    return ("-", "-") if slow is None else (shown_number(slow), f"{slow / bench.step_and_picture_ms:.1f}")


def tables(result: BenchResult) -> list[Table]:
    """What was measured, each with its headings first; a table without rows is left out."""
    studio = result.studio or StudioBench()
    all_of_them = (
        [HEADINGS, *rows(result)],
        [WINDOW_HEADINGS, *window_rows(studio)],
        [SESSION_HEADINGS, *session_rows(studio)],
    )
    return [table for table in all_of_them if len(table) > 1]


def to_markdown(result: BenchResult) -> str:
    """A page with the machine, the tables and the window's numbers."""
    machine = result.machine
    gpu = f"{machine.gpu_model}, beside " if machine.gpu_model else ""
    memory = f", {machine.memory_gb:g} GB" if machine.memory_gb else ""
    lines = [
        f"# Measured {result.date[:10]} on {gpu}{machine.cpu_model}, {machine.core_count} cores{memory}",
        "",
        f"{machine.system}, Python {machine.python}, torch {machine.torch}, "
        f"{machine.torch_thread_count} threads, load average {machine.load_before} before. {_how(result)}",
        "",
    ]
    for headings, *cells in tables(result):
        lines += ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
        lines += [*("| " + " | ".join(row) + " |" for row in cells), ""]
    lines += [*describe_window(result.window), *describe_studio(result.studio), "", *describe_cases(result)]
    lines += [NOT_ON_A_GPU] if result.device == "cpu" else []
    return "\n".join(lines)


def _how(result: BenchResult) -> str:
    """By which command, and what its tables compare."""
    if not result.steps:
        return "`livedrag bench --studio --store`."
    options = [
        *(["--device cuda"] if result.device == "cuda" else []),
        *(["--cases"] if result.cases else []),
    ]
    command = f"`livedrag bench {' '.join([*options, '--store'])}`"
    what = (
        "medians, ours and the reference interleaved in one run, both with the released program's parameters"
    )
    if not result.cases:
        return f"{command}; {what}, one handle, no mask."
    return f"{command}; {what}: first one handle without a mask, then every case of each generator."


NOT_ON_A_GPU = "Measured on a processor; GPUs have pages of their own (`./test gpu`, `--device cuda`).\n"


def describe_cases(result: BenchResult) -> list[str]:
    """A table for every generator, and its whole edit."""
    lines: list[str] = []
    for name, cases in result.cases.items():
        lines += [f"## {name}", "", *case_table(cases), ""]
        if name in result.edits:
            edit = result.edits[name]
            how = "" if edit.measured else " (reckoned from one step)"
            lines += [f"An edit of 100 iterations, default parameters: {edit.edit_ms / 1000:.2f} s{how}.", ""]
    return lines


def describe_window(window: WindowBench) -> list[str]:
    """The window's numbers in words; nothing where nobody wanted them."""
    if window.not_measured == LEFT_OUT:
        return []
    if window.not_measured:
        return [f"Window: not measured: {window.not_measured}."]
    return [
        f"Time to first picture: {window.first_picture_ms:.0f} ms after the command.",
        f"Window frames while dragging on the embedded generator: 95th percentile {window.frame_p95_ms:.1f} "
        f"ms, median {window.frame_median_ms:.1f} ms ({window.frame_count} frames, {window.display}).",
        *_describe_hand(window),
    ]


def _describe_hand(window: WindowBench) -> list[str]:
    lines = []
    if window.steps_per_second is not None:
        lines.append(f"Drag steps in the window: {window.steps_per_second:.1f} a second.")
    waits = (
        ("the marker follows", window.marker),
        ("the picture responds", window.response),
        ("it responds without latency hiding", window.response_unhidden),
        ("a generated picture knows of it", window.picture),
    )
    told = [
        f"{what} after {wait.median_ms:.0f} ms (95th percentile {wait.p95_ms:.0f} ms)"
        for what, wait in waits
        if wait
    ]
    if told:
        lines.append(f"From a move of the mouse: {'; '.join(told)}.")
    return lines


def _megabytes(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
