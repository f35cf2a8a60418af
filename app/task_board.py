"""`TaskBoard`: all long work that goes on, whatever thread does it; the window shows it and can give it up.

with board.task("Rendering the video") as task:
    for number in range(count):
        task.advance(number / count)   # raises TaskCancelled once a person pressed Cancel
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.errors import TaskCancelled

SHOWN_AFTER_S = 0.4  # what is done sooner would only flicker
FIRST_ESTIMATE_S = 1.0
FIRST_ESTIMATE_SHARE = 0.02

Clock = Callable[[], float]


@dataclass(frozen=True)
class TaskView:
    """One task as it is shown. share: 0..1, None = nobody can know. left_s: None = not known yet."""

    id: int
    title: str
    stage: str = ""
    share: float | None = None
    left_s: float | None = None
    can_cancel: bool = True


class Task:
    """Owned by the thread that works; `cancel` and `view` may come from any other."""

    def __init__(self, task_id: int, title: str, can_cancel: bool, clock: Clock) -> None:
        self.id = task_id
        self._title = title
        self._can_cancel = can_cancel
        self._clock = clock
        self._start = clock()
        self._given_up = threading.Event()
        self._act: Callable[[], None] = _nothing
        # one assignment: never half new
        self._progress: tuple[float | None, str, float | None] = (None, "", None)

    def advance(self, share: float | None = None, stage: str = "", left_s: float | None = None) -> None:
        """How far it is. left_s: where that is known better than from the share and the time so far. Raises
        TaskCancelled where it was given up."""
        self._progress = (None if share is None else min(max(share, 0.0), 1.0), stage, left_s)
        if self._given_up.is_set():
            raise TaskCancelled(f"Gave up: {self._title[:1].lower()}{self._title[1:]}")

    def when_cancelled(self, act: Callable[[], None]) -> None:
        """For work that waits for something else, and would not come to `advance`: called at once, in the
        thread that cancels."""
        self._act = act
        if self._given_up.is_set():
            act()

    def cancel(self) -> None:
        """The next `advance` raises."""
        if self._can_cancel:
            self._given_up.set()
            self._act()

    def view(self) -> TaskView | None:
        """None = too young to be shown."""
        age_s = self._clock() - self._start
        if age_s < SHOWN_AFTER_S:
            return None
        share, stage, left_s = self._progress
        if left_s is None and age_s >= FIRST_ESTIMATE_S and share is not None:
            left_s = age_s * (1 - share) / share if share >= FIRST_ESTIMATE_SHARE else None
        can_cancel = self._can_cancel and not self._given_up.is_set()
        return TaskView(self.id, self._title, stage, share, left_s, can_cancel)


def _nothing() -> None:
    """Nobody waits."""


class TaskBoard:
    """Tasks in the order in which they began."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks: dict[int, Task] = {}
        self._next_id = 0

    @contextmanager
    def task(self, title: str, can_cancel: bool = True) -> Iterator[Task]:
        """On the board while the `with` lasts."""
        with self._lock:
            self._next_id += 1
            task = self._tasks[self._next_id] = Task(self._next_id, title, can_cancel, self._clock)
        try:
            yield task
        finally:
            with self._lock:
                del self._tasks[task.id]

    def cancel(self, task_id: int) -> None:
        """Gives one up; one that is done already is no error."""
        with self._lock:
            task = self._tasks.get(task_id)
        if task is not None:
            task.cancel()

    def look(self) -> tuple[TaskView, ...]:
        """What to show now."""
        with self._lock:
            tasks = list(self._tasks.values())
        return tuple(view for task in tasks if (view := task.view()) is not None)


def time_left(left_s: float | None) -> str:
    """In words, no more exact than it can be; "" = not known."""
    if left_s is None:
        return ""
    if left_s < 60:
        return f"{max(round(left_s), 1)} s left"
    if left_s < 3600:
        return f"{round(left_s / 60)} min left"
    return f"{left_s / 3600:.1f} h left"
