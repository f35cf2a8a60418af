"""A model file as memory: mapped, so that nothing is read before it is looked at and nothing is copied."""

from __future__ import annotations

import mmap
from pathlib import Path

from gan.errors import ModelFileError


def map_file(path: Path) -> memoryview[int]:
    """The file's bytes. Raises ModelFileError where there is no readable, filled file.

    The mapping lives as long as anything that was cut out of it. It is private (copy on write): tensors on
    it are writable for torch, yet the file cannot change.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
        raise ModelFileError(f"model file '{path}' {what}; give a generator file (.safetensors, .pkl or .pt)")
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise ModelFileError(
                    f"{path.name} is empty; give a generator file (.safetensors, .pkl or .pt)"
                )
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror or error}") from error
