"""The trace for measurements: with LIVEDRAG_TRACE=FILE the window leaves JSON lines there.

{"event": "first_picture", "ms": since the process started, "first_picture_at": seconds since 1970}, for every
recording {"event": "recording", "recorded_count": ..., "left_out_count": ...}, and at the end
{"event": "frames", "frame_ms": [...], "work_ms": [...], "step_ms": [...], "marker_latency_ms": [...],
"response_latency_ms": [...], "picture_latency_ms": [...]} (see `app.input_latency`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from app.input_latency import InputLatency
from app.scheduler import Scheduler

TRACE_VARIABLE = "LIVEDRAG_TRACE"


class Trace:
    """Appends to the file that the environment names; does nothing where it names none."""

    def __init__(self, path: Path | None = None) -> None:
        named = os.environ.get(TRACE_VARIABLE)
        self._path = path or (Path(named) if named else None)
        self._has_first_picture = False

    def note_picture(self) -> None:
        """A picture is on the screen; only the first one is written."""
        if not self._has_first_picture:
            self._has_first_picture = True
            self._write(
                {
                    "event": "first_picture",
                    "ms": round(process_age_ms(), 1),
                    "first_picture_at": time.time(),
                }
            )

    def note_recording(self, frame_count: int, left_out_count: int) -> None:
        """A recording has ended: frames in its file, and frames that there was no time for."""
        self._write({"event": "recording", "recorded_count": frame_count, "left_out_count": left_out_count})

    def note_frames(self, scheduler: Scheduler, step_ms: Iterable[float], latency: InputLatency) -> None:
        """The frames and mouse events that count, and all steps; ms."""
        self._write(
            {
                "event": "frames",
                "frame_ms": _rounded(scheduler.frame_times_ms),
                "work_ms": _rounded(scheduler.work_times_ms),
                "step_ms": _rounded(step_ms),
                "marker_latency_ms": _rounded(latency.marker_ms),
                "response_latency_ms": _rounded(latency.response_ms),
                "picture_latency_ms": _rounded(latency.picture_ms),
            }
        )

    def _write(self, line: dict[str, object]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(value, 3) for value in values]


_IMPORTED = time.perf_counter()


def process_age_ms() -> float:
    """Milliseconds since the process started; elsewhere than on Linux since this module was imported."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        return (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")) * 1000
    except (OSError, AttributeError, ValueError):
        return (time.perf_counter() - _IMPORTED) * 1000
