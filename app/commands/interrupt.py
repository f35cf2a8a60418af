"""Ctrl+C in the middle of long work: heard at the next step, so that what was done is whole and can be
kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130  # the exit code of a program that Ctrl+C has ended: 128 + SIGINT, as shells expect


class Interrupted(Exception):  # noqa: N818  it is no error
    """Ctrl+C was pressed."""


@contextmanager
def interrupt_flag() -> Iterator[Callable[[], None]]:
    """Gives a function that raises Interrupted once Ctrl+C was pressed. A second Ctrl+C ends the program as
    ever. To be used on the main thread."""
    pressed: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if pressed:
            raise Interrupted

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
