"""A grab performed by the program itself, through the same events as the mouse: for measurements and CI."""

from __future__ import annotations

import time
from collections.abc import Callable

from app import events
from app.drag_script import DragScript
from app.state import AppState

SETTLE_LIMIT_S = 20.0
GRABS_AFTER_S = 1.0  # of the first picture: no hand is there sooner, and until then the program makes ready


class ScriptedDrag:
    """Hands out the events of a drag frame by frame, and closes the window when the drag has come to rest."""

    def __init__(self, script: DragScript, clock: Callable[[], float] = time.perf_counter) -> None:
        self._script = script
        self._clock = clock
        self._seen_at: float | None = None  # the first picture
        self._start: float | None = None
        self._released_at: float | None = None
        self._closed = False

    @property
    def is_pulling(self) -> bool:
        """Whether the button is down."""
        return self._start is not None and self._released_at is None

    def events_for(self, state: AppState) -> list[events.Event]:
        """The events of this frame."""
        now = self._clock()
        if self._seen_at is None:
            self._seen_at = now
        if self._start is None:
            if now - self._seen_at < GRABS_AFTER_S:
                return []
            self._start = now
            x, y = state.viewport.to_canvas(*self._script.start)
            return [events.PointerMoved(x, y), events.PointerPressed(x, y, "left")]
        if self._released_at is None:
            share = (now - self._start) / max(self._script.seconds, 1e-6)
            (x0, y0), (x1, y1) = self._script.start, self._script.end
            t = min(share, 1.0)
            x, y = state.viewport.to_canvas(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)
            moved: list[events.Event] = [events.PointerMoved(x, y)]
            if share >= 1.0:
                self._released_at = now
                moved.append(events.PointerReleased(x, y, "left"))
            return moved
        rests = not state.running or now - self._released_at > SETTLE_LIMIT_S
        if rests and not self._closed:
            self._closed = True
            return [events.CloseWindow("at_once")]
        return []
