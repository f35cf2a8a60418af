"""`InputLatency`: how long the hand waits for the window: from a mouse event to what answers it on screen.

Three answers: the marker, drawn in the next composed frame; the picture moving at all, be it by a warp
(`app.latency_hiding`) or by a new picture; and the generated picture that was made after the event.
Dear PyGui gives events no time. It asks the system for them at the beginning of every present, so an event is
dated to the last one; the wait before that, a frame at most, is the system's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.worker_frame import WorkerFrame

KEPT_COUNT = 20_000


@dataclass(frozen=True)
class _Input:
    """at: s, on the clock. serial: of the command that it became."""

    at: float
    serial: int


class InputLatency:
    """Told of every mouse event and of every frame; pure but for its injected clock. Times in ms."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._received_at = clock()
        self._pictured_iteration: int | None = None
        self._unmarked: list[float] = []
        self._unanswered: deque[_Input] = deque()
        self._unpictured: deque[_Input] = deque()
        self.marker_ms: deque[float] = deque(maxlen=KEPT_COUNT)
        self.response_ms: deque[float] = deque(maxlen=KEPT_COUNT)
        self.picture_ms: deque[float] = deque(maxlen=KEPT_COUNT)

    def note_present(self) -> None:
        """A present begins: what the hand does from now on is dated to this moment."""
        self._received_at = self._clock()

    def note_input(self, serial: int | None) -> None:
        """A mouse event was applied. serial: of the last command that it sent to the worker, None = none."""
        self._unmarked.append(self._received_at)
        if serial is not None:
            given = _Input(self._received_at, serial)
            self._unanswered.append(given)
            self._unpictured.append(given)

    def note_frame(self, finished: WorkerFrame | None, composed: bool, warped: bool, running: bool) -> None:
        """A frame was presented.

        Args:
            finished: what the worker handed over in it; its picture is shown.
            composed: the canvas is new in it. warped: it pulls the picture along.
            running: the drag runs; where it does not, no step will answer.
        """
        now = self._clock()
        if composed:
            self.marker_ms.extend((now - at) * 1000 for at in self._unmarked)
        self._unmarked.clear()  # an event that changed nothing to be seen is not waited for
        if composed and finished is not None and finished.picture is not None:
            self._pictured_iteration = finished.iteration
            _answer(self._unpictured, finished.pictured_serial, now, self.picture_ms)
            _answer(self._unanswered, finished.pictured_serial, now, self.response_ms)
        if composed and warped and self._unanswered:
            _answer(self._unanswered, self._unanswered[-1].serial, now, self.response_ms)
        self._drop_unanswerable(finished, running)

    def clear(self) -> None:
        """Forgets what was measured."""
        for values in (self.marker_ms, self.response_ms, self.picture_ms):
            values.clear()

    def _drop_unanswerable(self, finished: WorkerFrame | None, running: bool) -> None:
        """At rest, and at a target that was moved by less than the stop distance, no step follows."""
        for pending in (self._unanswered, self._unpictured):
            if not running:
                pending.clear()
            if finished is None or not finished.done or finished.iteration != self._pictured_iteration:
                continue  # not arrived, or the picture of the last step is on the way
            while pending and pending[0].serial <= finished.serial:
                pending.popleft()


def _answer(pending: deque[_Input], serial: int, now: float, times_ms: deque[float]) -> None:
    """Everything up to that command has its answer."""
    while pending and pending[0].serial <= serial:
        times_ms.append((now - pending.popleft().at) * 1000)
