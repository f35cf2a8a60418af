"""Why a drag cannot get further: plain words from what the steps measure. Pure functions, no window.

Also decides when a drag that nobody holds has stalled, so that it ends instead of burning the processor.
"""

from __future__ import annotations

from collections import deque

from app.worker_frame import HandleFrame

LOW_CONFIDENCE = 0.25
HIGH_CONFIDENCE = 0.6
STALL_STEP_COUNT = 60
STALL_GAIN_PX = 0.5


class ProgressWatch:
    """Remembers the summed distance to the targets over the last steps."""

    def __init__(self, step_count: int = STALL_STEP_COUNT) -> None:
        self._distances: deque[float] = deque(maxlen=step_count)

    def restart(self) -> None:
        """A target or handle changed: earlier distances say nothing any more."""
        self._distances.clear()

    def note(self, total_distance_px: float) -> bool:
        """Adds a step. True: the last STALL_STEP_COUNT steps together gained less than half a pixel."""
        self._distances.append(total_distance_px)
        full = len(self._distances) == self._distances.maxlen
        return full and min(self._distances) > self._distances[0] - STALL_GAIN_PX


def is_lost(confidence: float | None) -> bool:
    """Whether tracking cannot tell where the handle is."""
    return confidence is not None and confidence < LOW_CONFIDENCE


def is_sure(confidence: float) -> bool:
    """Whether tracking knows well where the handle is."""
    return confidence >= HIGH_CONFIDENCE


def doubt(handles: tuple[HandleFrame, ...]) -> str | None:
    """One sentence about a drag that arrived by its numbers only, or None."""
    for number, h in enumerate(handles, 1):
        if is_lost(h.confidence) and h.was_sure:
            return (
                f"Handle {number} is at its target, but what it held has vanished, or changed too much. "
                "Undo, or pull it less far."
            )
        if is_lost(h.confidence):
            return (
                f"Handle {number} is at its target, but its tracking is unsure: there is little texture. "
                "Grab a feature, an edge or a corner instead."
            )
    return None


def obstacle(
    handles: tuple[HandleFrame, ...], picture_size: tuple[int, int], stop_px: float, stalled: bool
) -> str | None:
    """One sentence about what keeps the drag from its targets, or None. Handles are numbered as listed; one
    within stop_px of its target has arrived."""
    waiting = [(number, h) for number, h in enumerate(handles, 1) if h.distance_px > stop_px]
    for number, h in waiting:
        if not _inside(h.target, picture_size):
            return f"Target {number} is outside the picture: the handle goes as far as the edge."
    for number, h in waiting:
        if is_lost(h.confidence) and h.was_sure:
            return (
                f"Handle {number} has lost what it held: that has vanished, or changed too much. "
                "Undo, or pull it less far."
            )
        if is_lost(h.confidence):
            return (
                f"Tracking of handle {number} is unsure: there is little texture there. "
                "Grab a feature, an edge or a corner instead."
            )
    if stalled and waiting:
        return (
            "The steps make no more progress: this model may know no such picture. "
            "Try a nearer target, a larger step size or a mask that holds less."
        )
    return None


def _inside(point: tuple[float, float], picture_size: tuple[int, int]) -> bool:
    return -0.5 <= point[0] <= picture_size[0] - 0.5 and -0.5 <= point[1] <= picture_size[1] - 0.5
