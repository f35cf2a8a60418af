"""`movie_folder`: where a movie is made before it takes its name: a hidden folder beside it.

On the same disk it takes its name at once or not at all. A program that was killed leaves the folder behind:
whoever makes or might make a movie there next removes it. What a running program still uses is locked.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gan.file_lock import FileLock, is_locked

PREFIX = ".livedrag-movie-"
LOCK = "in-use.lock"
WITHOUT_LOCK_S = 24 * 3600.0  # it has not got it yet, or can have none; no movie takes that long


@contextmanager
def movie_folder(parent: Path) -> Iterator[Path]:
    """A folder in `parent` for one movie; gone afterwards with whatever is in it. Raises OSError where it
    cannot be made."""
    remove_left_behind(parent)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent) as name:
        folder = Path(name)
        lock = _lock(folder)
        try:
            yield folder
        finally:
            lock.release()


def remove_left_behind(parent: Path) -> None:
    """Removes the folders in `parent` of programs that have ended. What cannot be removed stays: nobody waits
    for it."""
    with suppress(OSError):
        for folder in parent.glob(f"{PREFIX}*"):
            if _is_left_behind(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left_behind(folder: Path) -> bool:
    if (folder / LOCK).exists():
        return not is_locked(folder / LOCK)
    return time.time() - folder.stat().st_mtime > WITHOUT_LOCK_S


def _lock(folder: Path) -> FileLock:
    lock = None
    with suppress(OSError):  # a file system without locks
        lock = FileLock.take(folder / LOCK)
    if lock is None:
        (folder / LOCK).unlink(missing_ok=True)  # it would say that nobody works here
        return FileLock.none()
    return lock
