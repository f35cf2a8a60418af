"""What the studio costs: overlays, recording, and long sessions; and its rows in the readable tables."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tests.benchmarks.recording_bench import RecordingBench, bench_recording
from tests.benchmarks.session_bench import SavedSession, SessionBench, bench_session
from tests.benchmarks.window_bench import WindowBench, run_window

RECORDED_AS = ".mp4"
WINDOW_PART_COUNT, OTHER_PART_COUNT = 3, 2  # of what `bench_studio` does, one after the other


class StudioBench(msgspec.Struct, frozen=True):
    """bare, overlaid: the window dragged in without any overlay, and with every one. recorded: without any,
    while it is recorded. None = left out."""

    bare: WindowBench | None = None
    overlaid: WindowBench | None = None
    recorded: WindowBench | None = None
    recording: RecordingBench | None = None
    session: SessionBench | None = None


def bench_studio(with_window: bool, advance: Callable[[str], None]) -> StudioBench:
    """Three runs of the window (or none), recording's threads, and a session of 10,000 steps.

    advance: hears of every part as it begins.
    """
    bare = overlaid = recorded = None
    if with_window:
        advance("no overlay")
        bare = run_window("--overlays", "none")
        advance("every overlay")
        overlaid = run_window("--overlays", "all")
        advance("recording")
        recorded = run_window("--overlays", "none", record=RECORDED_AS)
    advance("a recording's threads")
    recording = bench_recording()
    advance("a long session")
    return StudioBench(bare, overlaid, recorded, recording, bench_session())


WINDOW_HEADINGS = (
    "the window, dragged in",
    "frame 95th percentile ms",
    "frame median ms",
    "work 95th percentile ms",
    "work median ms",
    "frames",
    "drag steps a second",
    "recorded",
    "left out",
)
SESSION_HEADINGS = ("a session", "steps", "save ms", "worst save ms", "read ms", "file KB", "as text KB")


def window_rows(bench: StudioBench) -> list[tuple[str, ...]]:
    """One row for every run of the window, in the order of WINDOW_HEADINGS."""
    runs = (
        ("no overlay", bench.bare),
        ("every overlay on", bench.overlaid),
        (f"no overlay, recorded as {RECORDED_AS}", bench.recorded),
    )
    return [_window_row(what, run) for what, run in runs if run is not None and run.not_measured is None]


def session_rows(bench: StudioBench) -> list[tuple[str, ...]]:
    """One row for every saved session, in the order of SESSION_HEADINGS."""
    if bench.session is None:
        return []
    return [_session_row("short", bench.session.short), _session_row("long", bench.session.long)]


def describe_studio(bench: StudioBench | None) -> list[str]:
    """What the tables do not say, in words."""
    if bench is None:
        return []
    return [
        *_describe_failures(bench),
        *_describe_recording(bench.recording),
        *_describe_session(bench.session),
    ]


def _describe_failures(bench: StudioBench) -> list[str]:
    runs = (("no overlay", bench.bare), ("every overlay", bench.overlaid), ("recording", bench.recorded))
    failed: dict[str, list[str]] = {}
    for what, run in runs:
        if run is not None and run.not_measured:
            failed.setdefault(run.not_measured, []).append(what)
    return [f"The window with {', '.join(w)}: not measured: {why}." for why, w in failed.items()]


def _describe_recording(bench: RecordingBench | None) -> list[str]:
    if bench is None:
        return []

    def told(costs: dict[str, float]) -> str:
        return ", ".join(f"{ms:.1f} ms ({name})" for name, ms in costs.items())

    return [
        f"Recording, for each frame of {bench.size[0]}x{bench.size[1]}: the window spends "
        f"{told(bench.capture_ms)}, where a clean picture is composed beside the canvas "
        f"{told(bench.picture_capture_ms)}; the encoder's thread {told(bench.encode_ms)}."
    ]


def _describe_session(bench: SessionBench | None) -> list[str]:
    if bench is None:
        return []
    return [
        f"Memory after {bench.long.step_count} real steps ({bench.generator}; {bench.step_ms:.1f} ms each): "
        f"{bench.resident_mb:.0f} MB, {bench.grown_mb:.1f} MB more than after {bench.short.step_count}; "
        f"{bench.kept_states_mb:.1f} MB are states to go back to. A look back takes "
        f"{bench.look_back_worst_ms:.0f} ms at most.",
        f"As many states of a 1024 px generator: {bench.largest_kept_count} are kept, one in "
        f"{bench.largest_stride} of the older ones, {bench.largest_kept_mb:.1f} MB; the process grows by "
        f"{bench.largest_grown_mb:.0f} MB.",
    ]


def _window_row(what: str, run: WindowBench) -> tuple[str, ...]:
    return (
        what,
        _number(run.frame_p95_ms),
        _number(run.frame_median_ms),
        _number(run.work_p95_ms),
        _number(run.work_median_ms),
        str(run.frame_count),
        _number(run.steps_per_second),
        _count(run.recorded_count),
        _count(run.left_out_count),
    )


def _session_row(what: str, saved: SavedSession) -> tuple[str, ...]:
    numbers = (saved.save_median_ms, saved.save_worst_ms, saved.read_ms, saved.file_kb, saved.text_kb)
    return (what, str(saved.step_count), *(_number(number) for number in numbers))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
