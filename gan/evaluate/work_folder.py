"""Where an evaluation keeps what it has finished: an interrupted one goes on, a second one is quick."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from gan.errors import LiveDragError

EVALUATION_VERSION = 2  # raised whenever kept parts would no longer mean the same

# what numpy and zipfile raise for a file that is not whole; numpy reads a header as Python text
_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, SyntaxError, TokenError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
)


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


def read_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a .npz file by their names; None where there is none, or it is damaged."""
    try:
        with np.load(path) as file:
            return dict(file)
    except _DAMAGED:
        return None
