"""`FileLock`: says that a running program works on something. The system takes it back when the program ends,
however it ends: a process id in a file name would not do, for ids come back."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
try:
    import msvcrt
except ImportError:
    msvcrt = None


class FileLock:
    """An open file that nobody else can lock. `release` ends it and removes the file."""

    def __init__(self, path: Path, file: IO[bytes] | None) -> None:
        self.path = path
        self._file = file

    @classmethod
    def take(cls, path: Path) -> FileLock | None:
        """The lock of that file, which is made; None where another one has it. Raises OSError where the
        file cannot be made or the file system knows no locks."""
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
        try:
            if _lock(file) and path.exists():  # else it was removed between the two
                return cls(path, file)
        except BaseException:
            file.close()
            raise
        file.close()
        return None

    @classmethod
    def none(cls) -> FileLock:
        """Stands for a lock where there can be none."""
        return cls(Path(), None)

    def release(self) -> None:
        """Gives it up."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):  # whoever takes it now makes it anew
            self.path.unlink(missing_ok=True)
        self._file.close()


def is_locked(path: Path) -> bool:
    """Whether a running program has the lock of that file."""
    try:
        if not path.exists():
            return False
        with path.open("ab") as file:
            return not _lock(file)
    except OSError:
        return False


def _lock(file: IO[bytes]) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None and os.name == "nt":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        return False
    return True
