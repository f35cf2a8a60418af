"""Watches everything that Python's audit hooks report while a file is read."""

from __future__ import annotations

import encodings.cp437  # noqa: F401 - zipfile imports it for old archives, which would be noticed
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# reading a file is opening it for reading, mapping it, and seeding numpy's generator for averages; no more
HARMLESS = ("mmap.__new__", "builtins.id", "object.__getattr__", "sys._getframe", "cpython.run_", "gc.")

_seen: list[str] | None = None
_installed = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _seen is None or event.startswith(HARMLESS):
        return
    if event == "open" and args[1] in ("r", "rb") and not int(str(args[2])) & 0b11:
        return
    _seen.append(f"{event}{args[:2]!r}"[:200])


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collects what happens inside, in words. (An audit hook cannot be taken out again, only switched
    off.)"""
    global _seen, _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)
    seen: list[str] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None
