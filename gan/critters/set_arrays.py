"""The arrays of a set of critters, each an .npy file of its full size from the beginning: made, opened as
maps, and written row by row."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from gan.critters.render_blocks import Array
from gan.errors import LiveDragError


class DatasetError(LiveDragError):
    """A set of critters cannot be written or opened."""


def create_array(path: Path, shape: tuple[int, ...], dtype: type) -> None:
    """An .npy file of zeros. Its space is taken now: a full disk is best met before the work."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        size = file.tell() + int(np.prod(shape)) * np.dtype(dtype).itemsize
        file.flush()
        if os.name == "posix" and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)


def open_array_file(path: Path, shape: tuple[int, ...], dtype: type) -> Array:
    """The array, mapped, read only. Raises DatasetError where it is missing, damaged or another one."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise DatasetError(f"'{path}' is missing; delete the folder and render it again") from error
    except (ValueError, EOFError) as error:
        raise DatasetError(f"'{path}' is damaged: {error}; delete the folder and render it again") from error
    if array.shape != shape or array.dtype != dtype:
        raise DatasetError(
            f"'{path}' holds {array.dtype} {array.shape} where dataset.json promises {np.dtype(dtype)} "
            f"{shape}; delete the folder and render it again"
        )
    return array


def write_rows(path: Path, count: int, first: int, rows: Array) -> None:
    """Writes rows `first` and on of an array of `count`, and makes sure of them. Raises OSError."""
    # written, not assigned through a map: there a full disk is a fatal signal, here an error to report
    with path.open("r+b") as file:
        row_bytes = rows.nbytes // len(rows)
        file.seek(-(count - first) * row_bytes, os.SEEK_END)
        file.write(rows.tobytes())
        file.flush()
        os.fsync(file.fileno())
