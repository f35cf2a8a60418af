"""Where an evaluation keeps what it has finished: an interrupted one goes on, a second one is quick."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from gan.errors import LiveDragError

EVALUATION_VERSION = 2  # raised whenever kept parts would no longer mean the same


class EvaluationError(LiveDragError):
    """An evaluation cannot be done as asked."""


def default_work_folder() -> Path:
    """In the user's cache: everything in it can be made again."""
    return user_cache_path("livedrag", appauthor=False) / "evaluate"


def key_of(*what: object) -> str:
    """16 hexadecimal digits that change with anything that is given (JSON-able values, dataclasses)."""
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]


def make_folder(folder: Path) -> Path:
    """Creates it and its parents where it is missing. Raises EvaluationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"cannot create '{folder}': {error.strerror}; choose another folder") from error
    return folder


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or the one before it, also when the process dies. Raises EvaluationError."""
    make_folder(path.parent)
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        half.write_bytes(data)
        half.replace(path)
    except OSError as error:
        raise EvaluationError(f"cannot write '{path}': {error.strerror}; choose another folder") from error
    finally:
        half.unlink(missing_ok=True)
