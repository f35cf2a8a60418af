"""A clock that is told the time."""

from __future__ import annotations


class FakeTime:
    """A clock that moves only when told to, or when something sleeps on it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def work(self, milliseconds: float) -> None:
        self.now += milliseconds / 1000
