"""`TimingWatch`: collects what frames, steps, pictures and the hand's waits cost, for the timing panel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from app.input_latency import InputLatency
from app.state import Spread, Timing
from app.worker_frame import WorkerFrame

WINDOW_COUNT = 240  # last values that a spread is of
REFRESH_FRAMES = 15  # sorting them in every frame would be work for nobody: they are read by a person


class TimingWatch:
    """Told of every frame; keeps the last spreads until they are due again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.latency = InputLatency(clock)
        self._steps_ms: deque[float] = deque(maxlen=WINDOW_COUNT)
        self._pictures_ms: deque[float] = deque(maxlen=WINDOW_COUNT)
        self._frames_ms: deque[float] = deque(maxlen=WINDOW_COUNT)
        self._frame_count = 0
        self._shown = Timing()

    def note_frame(self, timing: Timing, finished: WorkerFrame | None) -> Timing:
        """The frame's costs as the scheduler measured them -> all that is shown."""
        self._frames_ms.append(timing.frame_ms)
        shown = self._shown
        if finished is not None:
            if finished.losses:
                self._steps_ms.append(finished.step_ms)
            if finished.picture is not None:
                self._pictures_ms.append(finished.picture_ms)
                shown = replace(shown, is_preview=finished.is_preview)
            shown = replace(shown, step_ms=finished.step_ms)
        shown = replace(shown, frame_ms=timing.frame_ms, work_ms=timing.work_ms)
        if self._frame_count % REFRESH_FRAMES == 0:
            shown = replace(
                shown,
                frames=Spread.of(self._frames_ms),
                steps=Spread.of(self._steps_ms),
                pictures=Spread.of(self._pictures_ms),
                markers=Spread.of(_last(self.latency.marker_ms)),
                responses=Spread.of(_last(self.latency.response_ms)),
                pictured=Spread.of(_last(self.latency.picture_ms)),
            )
        self._frame_count += 1
        self._shown = shown
        return shown


def _last(values: deque[float]) -> list[float]:
    return [values[i] for i in range(-min(len(values), WINDOW_COUNT), 0)]
