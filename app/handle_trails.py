"""`HandleTrails`: the way that each handle has come, for the overlay of tracked paths.

Steps are kept by their number, so that undo shortens a path, redo gives it back, and a new step after an undo
takes the place of those that were undone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.worker_frame import Point, WorkerFrame

LONGEST_COUNT = 10_000  # points kept of one handle
SAME_PLACE_PX = 0.02


@dataclass(frozen=True)
class _Stop:
    iteration: int
    place: Point
    begins: bool  # a person put the handle here: what was before is another way


class HandleTrails:
    """Told of every frame that the worker hands over."""

    def __init__(self) -> None:
        self._stops: dict[int, list[_Stop]] = {}
        self._present: dict[int, Point] = {}
        self._iteration = 0
        self._first = 0  # steps up to this one made another picture

    def note(self, frame: WorkerFrame) -> None:
        """Takes over the steps of a frame, and where the handles are."""
        for passed in frame.passed:
            for handle_id, place in passed.places:
                stops = self._stops.setdefault(handle_id, [])
                new = _Stop(passed.iteration, place, passed.begins)
                while stops and _is_replaced(stops[-1], new):
                    stops.pop()
                stops.append(new)
                del stops[:-LONGEST_COUNT]
        self._present = {h.id: h.handle for h in frame.handles}
        self._iteration = frame.session_iteration
        self._first = frame.session_iteration - frame.iteration
        if frame.history is None or frame.history.viewed is None:  # looking back undoes nothing
            for handle_id, place in self._present.items():
                self._forget_undone_placing(handle_id, place)

    def trails(self) -> dict[int, tuple[Point, ...]]:
        """Of every handle that is there: oldest point first, ends where the handle is. Image px."""
        return {handle_id: self._trail(handle_id, place) for handle_id, place in self._present.items()}

    def _forget_undone_placing(self, handle_id: int, place: Point) -> None:
        stops = self._stops.get(handle_id, [])
        while stops and stops[-1].begins and stops[-1].iteration <= self._iteration:
            if math.dist(stops[-1].place, place) <= SAME_PLACE_PX:
                return
            stops.pop()

    def _trail(self, handle_id: int, place: Point) -> tuple[Point, ...]:
        points: list[Point] = []
        for stop in self._stops.get(handle_id, ()):
            if stop.iteration > self._iteration or stop.iteration < self._first:
                continue
            if stop.begins:
                points.clear()
            points.append(stop.place)
        # what is known may be of a way that was undone: the trail ends where the handle is
        while points and math.dist(points[-1], place) > SAME_PLACE_PX:
            points.pop()
        return tuple(points)


def _is_replaced(old: _Stop, new: _Stop) -> bool:
    """Whether a stop was undone before another one came. Putting a handle somewhere is no step: it has the
    number of the step before it."""
    return old.iteration > new.iteration or (old.iteration == new.iteration and old.begins == new.begins)
