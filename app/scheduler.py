"""`Scheduler`: paces the frames and says when to spend time on the picture, from measured costs.

It never synchronises and never asks the drag: it sees only its injected clock, so tests run on fake time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.state import Timing

CPU_BUDGET_MS = 33.0  # 30 frames a second, held in the 95th percentile


@dataclass(frozen=True)
class Pace:
    """Frame times to aim at, ms.

    active_ms: while something moves. idle_ms: while nothing does: the sleep in between belongs to
    the worker and to the battery. idle_after_ms: how long after the last change a frame is idle.
    """

    budget_ms: float = CPU_BUDGET_MS
    active_ms: float = 1000 / 60
    idle_ms: float = 1000 / 30
    idle_after_ms: float = 500.0


@dataclass(frozen=True)
class FramePlan:
    """take_picture: fetch, upload and compose a new picture in this frame, if there is one."""

    take_picture: bool


class Scheduler:
    """Called twice a frame: `begin_frame` before anything else, `end_frame` after the frame is presented.

    A picture costs the window its upload and composition. Where a frame with a picture is longer than the
    budget, pictures are taken only every n-th frame, so that the others (cursor, handles) stay in time.
    """

    def __init__(
        self,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace = pace or Pace()
        self.clock = self._clock = clock  # whoever decides by time decides by this one
        self._sleep = sleep
        self._frame_start: float | None = None
        self._last_change = clock()
        self._frames_since_picture = 0
        self._picture_work = _Mean()
        self._work = _Mean()
        self._frame = _Mean()
        self.frame_times_ms: deque[float] = deque(maxlen=20_000)
        self.work_times_ms: deque[float] = deque(maxlen=20_000)  # of the same frames, without the waiting

    def begin_frame(self) -> FramePlan:
        """Starts a frame and decides what it may spend."""
        now = self._clock()
        if self._frame_start is not None:
            frame_ms = (now - self._frame_start) * 1000
            self.frame_times_ms.append(frame_ms)
            self._frame.add(frame_ms)
        self._frame_start = now
        self._frames_since_picture += 1
        over = self._picture_work.value / self._pace.budget_ms
        interval = 1 if over <= 1 else min(int(over) + 1, 4)
        return FramePlan(take_picture=self._frames_since_picture >= interval)

    def end_frame(self, changed: bool, took_picture: bool) -> Timing:
        """Ends a frame: measures it and sleeps until the next one is due.

        changed: something moved in it; took_picture: a new picture was uploaded.
        """
        assert self._frame_start is not None, "end_frame before begin_frame"
        now = self._clock()
        work_ms = (now - self._frame_start) * 1000
        if changed or took_picture:
            self._last_change = now
        self._work.add(work_ms)
        self.work_times_ms.append(work_ms)
        if took_picture:
            self._frames_since_picture = 0
            self._picture_work.add(work_ms)
        idle = (now - self._last_change) * 1000 > self._pace.idle_after_ms
        due_ms = self._pace.idle_ms if idle else self._pace.active_ms
        if work_ms < due_ms:
            self._sleep((due_ms - work_ms) / 1000)
        return Timing(frame_ms=self._frame.value, work_ms=self._work.value)

    def forget_times(self) -> None:
        """From now on times are collected anew."""
        self.frame_times_ms.clear()
        self.work_times_ms.clear()


class PictureShare:
    """Keeps pictures from eating the drag: they may take `share` of the worker's time while it steps."""

    def __init__(self, share: float = 0.5, clock: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._clock = clock
        self._next = clock()

    def is_due(self) -> bool:
        """Whether there was enough time for steps since the last picture."""
        return self._clock() >= self._next

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Around the synthesis of a picture."""
        start = self._clock()
        yield
        self.note((self._clock() - start) * 1000)

    def note(self, picture_ms: float) -> None:
        """A picture was made just now."""
        self._next = self._clock() + picture_ms / 1000 * (1 - self._share) / self._share


class _Mean:
    """Exponential mean over about ten values; starts at the first."""

    def __init__(self) -> None:
        self.value = 0.0
        self._empty = True

    def add(self, value: float) -> None:
        self.value = value if self._empty else 0.9 * self.value + 0.1 * value
        self._empty = False
