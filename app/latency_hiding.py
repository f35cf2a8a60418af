"""`LatencyHiding`: how far the shown picture is pulled along with its handles until the next one arrives.

A generated picture takes longer than a frame on many machines. In between, the handles go on: some steps are
done already and only their picture is missing, and the step in hand goes on at the usual pace. The display
warps the last picture by that much (see `render.scene.Warp`). Nothing here draws; time is injected.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.state import AppState, HandleView, Point
from app.worker_frame import WorkerFrame
from render.scene import Warp


@dataclass(frozen=True)
class HidingParams:
    """How the picture follows. Shares are of the picture's width."""

    slow_ms: float = 25.0  # pictures that come faster, in every frame of 60 a second, need no hiding
    radius_share: float = 0.2  # reach of a warp around its handle: narrower, it squashes what it moves
    longest_share: float = 0.06  # of the longest move: the renderer's limit for handles that overlap
    first_px_per_step: float = 0.4  # expected of a step before any was measured, in px of 512
    longest_steps: float = 2.0  # no further ahead of the last measured handle than this many steps
    follow_ms: float = 25.0  # time constant: a wrong prediction is corrected smoothly, not in a jump
    smallest_px: float = 0.05  # a shorter pull is not drawn, so that at rest there is none


class LatencyHiding:
    """Called once a frame. Knows the handles as the shown picture has them, and the pace of the drag."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, params: HidingParams | None = None
    ) -> None:
        self._clock = clock
        self._params = params or HidingParams()
        self._pictured: dict[int, Point] = {}  # handles in the shown picture, image px
        self._pulled: dict[int, Point] = {}  # where they are shown at present
        self._last: WorkerFrame | None = None
        self._drawn_at = self._moving_since = clock()  # _moving_since: when the step in hand began
        self._pictured_at: float | None = None  # when the last picture of the running drag came
        self._step_s: float | None = None  # None = not measured yet
        self._picture_s: float | None = None  # from one picture of the running drag to the next
        self._made_in_ms = 0.0  # what the synthesis of the last picture took
        self._px_per_step: float | None = None

    def warps(self, state: AppState, finished: WorkerFrame | None) -> tuple[Warp, ...]:
        """The warps of this frame; none at rest, when switched off, or where pictures keep up with frames.

        Args:
            state: handles, targets and whether the drag runs, as they are now.
            finished: what the worker handed over in this frame, None = nothing; its picture is shown now.
        """
        now = self._clock()
        since_drawn_s, self._drawn_at = now - self._drawn_at, now
        if finished is not None:
            self._note(finished, now)
        if not state.running or state.done:
            self._moving_since = now
        if not state.latency_hiding or not self._is_slow:
            self._pulled.clear()
            return ()
        params, width = self._params, state.picture_size[0]
        share = 1 - math.exp(-since_drawn_s * 1000 / params.follow_ms)
        pulled: dict[int, Point] = {}
        warps: list[Warp] = []
        for handle_id, start in self._pictured.items():
            view = state.handles.get(handle_id)
            if view is None or state.held == (handle_id, "handle"):
                continue
            at = self._pulled.get(handle_id, start)
            goal = self._predicted(handle_id, view, now, width)
            at = (at[0] + share * (goal[0] - at[0]), at[1] + share * (goal[1] - at[1]))
            at = _limited(start, at, view.target, params.longest_share * width)
            if math.dist(start, at) < params.smallest_px and math.dist(start, goal) < params.smallest_px:
                continue
            pulled[handle_id] = at
            warps.append(Warp(start, at, params.radius_share * width))
        self._pulled = pulled
        return tuple(warps)

    @property
    def _is_slow(self) -> bool:
        """Judged by what a step and the last picture took, until two pictures of a running drag have come."""
        if self._picture_s is None:
            step_ms = 0.0 if self._last is None else self._last.step_ms
            return max(step_ms, self._made_in_ms) > self._params.slow_ms
        return self._picture_s * 1000 > self._params.slow_ms

    def _predicted(self, handle_id: int, view: HandleView, now: float, width: int) -> Point:
        """Where the handle is by now, image px; never beyond its target."""
        x, y = self._measured(handle_id, view.handle)
        distance = math.dist((x, y), view.target)
        if self._step_s is None or distance == 0:
            return (x, y)
        steps = min((now - self._moving_since) / self._step_s, self._params.longest_steps)
        px_per_step = self._px_per_step
        if px_per_step is None:
            px_per_step = self._params.first_px_per_step * width / 512
        ahead = min(steps * px_per_step / distance, 1.0)
        return (x + ahead * (view.target[0] - x), y + ahead * (view.target[1] - y))

    def _measured(self, handle_id: int, otherwise: Point) -> Point:
        handles = self._last.handles if self._last is not None else ()
        return next((h.handle for h in handles if h.id == handle_id), otherwise)

    def _note(self, frame: WorkerFrame, now: float) -> None:
        """Takes over what the worker has finished."""
        last = self._last
        step_count = 0 if last is None else frame.iteration - last.iteration
        was_running = last is not None and last.running
        if frame.picture is not None:
            self._pictured = {h.id: h.handle for h in frame.pictured or frame.handles}
            self._made_in_ms = frame.picture_ms
            self._note_picture(now, was_running)
        elif last is None or step_count < 0 or (step_count > 1 and not was_running):
            # Another edit (undo, a session file): its picture is on the way, this one is not to be pulled.
            self._pictured = {h.id: h.handle for h in frame.handles}
            self._pulled.clear()
        elif step_count == 0:
            # Placed elsewhere on the same picture.
            before = {h.id: h.handle for h in last.handles}
            moved = {h.id: h.handle for h in frame.handles if before.get(h.id) != h.handle}
            self._pictured.update(moved)
            self._pulled = {i: at for i, at in self._pulled.items() if i not in moved}
        if step_count > 0 and last is not None and was_running:
            self._step_s = _mean(self._step_s, (now - self._moving_since) / step_count)
            self._note_speed(last, frame, step_count)
        if step_count != 0:
            self._moving_since = now
        self._last = frame

    def _note_picture(self, now: float, was_running: bool) -> None:
        if was_running and self._pictured_at is not None:
            self._picture_s = _mean(self._picture_s, now - self._pictured_at)
        self._pictured_at = now if was_running else None

    def _note_speed(self, last: WorkerFrame, frame: WorkerFrame, step_count: int) -> None:
        """Px per step, of the handles that still have some way to go."""
        before = {h.id: h.handle for h in last.handles}
        for h in frame.handles:
            if h.id in before and h.distance_px > 1.0:
                self._px_per_step = _mean(self._px_per_step, math.dist(before[h.id], h.handle) / step_count)


def _limited(start: Point, at: Point, target: Point, longest_px: float) -> Point:
    """`at`, drawn back towards `start` where it is past the target or farther than longest_px."""
    move = (at[0] - start[0], at[1] - start[1])
    way = (target[0] - start[0], target[1] - start[1])
    length, way_length = math.hypot(*move), math.hypot(*way)
    along = (move[0] * way[0] + move[1] * way[1]) / way_length if way_length > 0 else length
    share = 1.0
    if along > way_length:
        share = way_length / along
    if length * share > longest_px:
        share = longest_px / length
    return (start[0] + share * move[0], start[1] + share * move[1])


def _mean(old: float | None, value: float) -> float:
    """Exponential mean over about five values; starts at the first."""
    return value if old is None else 0.8 * old + 0.2 * value
