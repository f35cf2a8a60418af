"""Progress of long work, on stderr and only where a person looks at it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PROGRESS_VARIABLE = "LIVEDRAG_PROGRESS"
LINE_INTERVAL_S = 0.1


class Advance(Protocol):
    """Called after every piece of work, with a few words about it."""

    def __call__(self, detail: str = "") -> None: ...


@contextmanager
def progress(title: str, count: int) -> Iterator[Advance]:
    """A progress bar of `count` pieces while the `with` lasts; silent where stderr is no terminal.

    With LIVEDRAG_PROGRESS=lines, for a program that reads them: lines "progress TITLE DONE COUNT" instead.
    """
    if os.environ.get(PROGRESS_VARIABLE) == "lines":
        yield _lines(title, count)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(title, total=count, detail="")

        def advance(detail: str = "") -> None:
            bar.update(task, advance=1, detail=detail)

        yield advance


def _lines(title: str, count: int) -> Advance:
    done, next_at = 0, 0.0

    def advance(detail: str = "") -> None:
        nonlocal done, next_at
        done += 1
        if done == count or time.monotonic() >= next_at:
            next_at = time.monotonic() + LINE_INTERVAL_S
            print(f"progress {title} {done} {count}", file=sys.stderr, flush=True)

    return advance
