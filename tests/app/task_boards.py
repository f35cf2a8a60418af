"""Task boards on which work does not go through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.task_board import Task, TaskBoard


class Impatient(TaskBoard):
    """Whatever begins is given up at once."""

    @contextmanager
    def task(self, title: str, can_cancel: bool = True) -> Iterator[Task]:
        with super().task(title, can_cancel) as task:
            task.cancel()
            yield task
