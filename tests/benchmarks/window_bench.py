"""Opens the real window with a scripted drag and reads its trace: first picture, frames, steps, latency.

The window writes JSON lines to the file that LIVEDRAG_TRACE names; without a display it gets an Xvfb.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.xvfb import xvfb

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 120.0
SCREEN = "1280x800x24"
LEFT_OUT = "left out"


class Latency(msgspec.Struct, frozen=True):
    """From a mouse event to what answers it (`app.input_latency`), ms: median and 95th percentile."""

    median_ms: float
    p95_ms: float


class WindowBench(msgspec.Struct, frozen=True):
    """Window numbers, ms; not_measured says why there are none.

    first_picture_ms: from starting the process to the first picture on the screen. Frames: of the drag.
    work: of a frame, without the waiting for the next one. steps_per_second: while the button is down.
    marker, response, picture: from the hand to the marker, to the picture moving at all, to the generated
    picture; response_unhidden: without latency hiding. recorded_count, left_out_count: frames of a recording
    in its file, and those that there was no time for; None = nothing was recorded.
    """

    not_measured: str | None = None
    first_picture_ms: float | None = None
    frame_p95_ms: float | None = None
    frame_p99_ms: float | None = None
    frame_median_ms: float | None = None
    work_p95_ms: float | None = None
    work_median_ms: float | None = None
    frame_count: int = 0
    display: str | None = None
    steps_per_second: float | None = None
    marker: Latency | None = None
    response: Latency | None = None
    response_unhidden: Latency | None = None
    picture: Latency | None = None
    recorded_count: int | None = None
    left_out_count: int | None = None


def bench_window() -> WindowBench:
    """Runs `python -m app --scripted-drag` in processes of their own: as it is, and without latency
    hiding."""
    hidden = run_window()
    if hidden.not_measured:
        return hidden
    unhidden = run_window("--no-latency-hiding")
    return msgspec.structs.replace(hidden, response_unhidden=unhidden.response)


def run_window(*arguments: str, record: str | None = None) -> WindowBench:
    """One run of the scripted drag. arguments: of the window. record: the suffix of a recording of it."""
    if sys.platform != "linux":
        return WindowBench(not_measured="the scripted window runs on Linux only")
    with _display() as (display, environment), tempfile.TemporaryDirectory() as folder:
        if display is None:
            return WindowBench(not_measured="no display, and Xvfb is not installed")
        trace = Path(folder) / "trace.jsonl"
        recording = [] if record is None else ["--record", str(Path(folder) / f"recorded{record}")]
        environment |= {"LIVEDRAG_TRACE": str(trace), "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        began = time.time()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "app", "--scripted-drag", *arguments, *recording],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return WindowBench(not_measured=f"the window did not end within {TIME_LIMIT_S:g} s")
        if done.returncode != 0 or not trace.exists():
            reason = " ".join(done.stderr.split()[-20:]) or f"exit code {done.returncode}, no trace"
            return WindowBench(not_measured=f"the window failed: {reason}")
        return read_trace(trace, began, display)


def read_trace(trace: Path, began: float, display: str) -> WindowBench:
    """The numbers of a trace whose process was started at `began` (seconds since 1970)."""
    events = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines() if line.strip()]
    first = next((event["first_picture_at"] for event in events if "first_picture_at" in event), None)
    frames = [ms for event in events for ms in event.get("frame_ms", [])]
    works = [ms for event in events for ms in event.get("work_ms", [])]
    recordings = [event for event in events if "recorded_count" in event]
    if first is None or len(frames) < 2:
        return WindowBench(not_measured="the window's trace holds no picture or no frames")
    has_works = len(works) >= 2
    return WindowBench(
        first_picture_ms=round((first - began) * 1000, 1),
        frame_p95_ms=round(_p95(frames), 2),
        frame_p99_ms=round(statistics.quantiles(frames, n=100, method="inclusive")[-1], 2),
        frame_median_ms=round(statistics.median(frames), 2),
        work_p95_ms=round(_p95(works), 2) if has_works else None,
        work_median_ms=round(statistics.median(works), 2) if has_works else None,
        frame_count=len(frames),
        display=display,
        steps_per_second=_steps_per_second(events, frames),
        marker=_latency(events, "marker_latency_ms"),
        response=_latency(events, "response_latency_ms"),
        picture=_latency(events, "picture_latency_ms"),
        recorded_count=recordings[-1]["recorded_count"] if recordings else None,
        left_out_count=recordings[-1]["left_out_count"] if recordings else None,
    )


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _steps_per_second(events: list[dict[str, Any]], frame_ms: list[float]) -> float | None:
    count = sum(len(event.get("step_ms", [])) for event in events)
    return round(count / (sum(frame_ms) / 1000), 2) if count else None


def _latency(events: list[dict[str, Any]], name: str) -> Latency | None:
    values = [ms for event in events for ms in event.get(name, [])]
    if len(values) < 2:
        return None
    return Latency(round(statistics.median(values), 1), round(_p95(values), 1))


@contextmanager
def _display() -> Iterator[tuple[str | None, dict[str, str]]]:
    """A display to open windows on: the one that there is, else an Xvfb while the `with` lasts, else None."""
    environment = dict(os.environ)
    if environment.get("DISPLAY"):
        yield "own display", environment
        return
    with xvfb(SCREEN) as display:
        if display is None:
            yield None, environment
        else:
            yield "Xvfb", environment | {"DISPLAY": display}
