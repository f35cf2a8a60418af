"""Waiting for what another thread or program does. The deadline bounds a hang only: it is no measurement."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 120.0


def wait_until(condition: Callable[[], object]) -> None:
    """Asks until the answer is true. Fails after the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
