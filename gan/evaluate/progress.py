"""How an evaluation tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Advance = Callable[[str], None]
"""Called after every piece of work, with a few words about it, or none."""

Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""Called with a title and the number of pieces of what begins now."""


def no_progress(title: str, count: int) -> AbstractContextManager[Advance]:
    """Nobody listens."""
    return nullcontext(lambda detail: None)
