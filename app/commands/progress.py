"""Progress of long work, on stderr and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Advance(Protocol):
    """Called after every piece of work, with a few words about it."""

    def __call__(self, detail: str = "") -> None: ...


@contextmanager
def progress(title: str, count: int) -> Iterator[Advance]:
    """A progress bar of `count` pieces while the `with` lasts; silent where stderr is no terminal."""
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
