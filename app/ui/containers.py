"""`inside`: Dear PyGui's containers, typed as the context managers that they are."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast


def inside(container: Any) -> AbstractContextManager[int]:
    """`with inside(dpg.group()) as tag:`. Dear PyGui annotates its containers as tags, which is wrong."""
    return cast("AbstractContextManager[int]", container)
