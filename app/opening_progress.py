"""`OpeningProgress`: what the status line says while a session is replayed: how far it is, and the time
left."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_AFTER_S = 0.5  # what takes less needs no words
EVERY_S = 0.25


class OpeningProgress:
    """Asked before every step; answers seldom enough to cost nothing."""

    def __init__(self, name: str, step_count: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._name = name
        self._step_count = max(step_count, 1)
        self._clock = clock
        self._began = clock()
        self._told_at = self._began + FIRST_AFTER_S - EVERY_S

    def text(self, done: int) -> str | None:
        """What to say after so many steps, if anything."""
        now = self._clock()
        if now - self._told_at < EVERY_S or done < 1:
            return None
        self._told_at = now
        left_s = (now - self._began) * max(self._step_count - done, 0) / done
        time_left = f"{left_s:.0f} s" if left_s < 90 else f"{left_s / 60:.0f} min"
        return f"Replaying {self._name}: step {done} of {self._step_count}, {time_left} left (Esc gives up)"
