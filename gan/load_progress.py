"""How a load tells how far it is, and how it is cancelled."""

from __future__ import annotations

from typing import Protocol

from gan.errors import LiveDragError


class LoadCancelled(LiveDragError):  # noqa: N818 - nothing went wrong
    """The load was given up by whoever asked for it."""


class LoadProgress(Protocol):
    """Called between pieces of a load, on the loading thread."""

    def __call__(self, stage: str, share: float) -> None:
        """stage: what is done now, one word; share: 0..1 of the whole load. May raise LoadCancelled."""
        ...


def no_progress(stage: str, share: float) -> None:
    """Nobody listens."""
