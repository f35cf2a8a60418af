"""Hostile and broken files, by name. Each must be refused: one line, little time and memory, nothing done.

A payload that ran would make `CANARY` in the working folder.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.gan.formats.hostile_archives import archives
from tests.gan.formats.hostile_globals import global_calls, real_pickles
from tests.gan.formats.hostile_headers import broken_generators, headers
from tests.gan.formats.hostile_structures import structures
from tests.gan.formats.hostile_tensors import tensor_tricks


def hostile_files() -> dict[str, bytes]:
    """All of them."""
    groups: tuple[Callable[[], dict[str, bytes]], ...] = (
        global_calls,
        real_pickles,
        structures,
        tensor_tricks,
        archives,
        headers,
        broken_generators,
    )
    files: dict[str, bytes] = {}
    for group in groups:
        made = group()
        assert not set(made) & set(files)
        files |= made
    return files
