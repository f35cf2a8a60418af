"""Autosave: writes the session as it happens, off the caller's thread, and finds what a crash left behind.

A session in the making is '<time>-<process>.unfinished.json', and beside it lies a lock that the program has
while it runs (`gan.file_lock`); a proper close renames it to '<time>-<process>.json'.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path, user_runtime_path

from app.session.document import SessionDocument, save_document
from gan.errors import EditError
from gan.file_lock import FileLock, is_locked

UNFINISHED = ".unfinished.json"

DocumentFactory = Callable[[], SessionDocument]
Outcome = Literal["home", "spare", "nowhere"]  # where a session was written


class Autosave:
    """Saves at most once every interval, atomically, in a thread of its own.

    `error` holds the last failure as one line for the status bar (None after a success): a full disk must
    not end a drag. Where the folder cannot be written, the session is kept in `spare` instead.
    """

    def __init__(
        self,
        folder: Path | None = None,
        interval_s: float = 1.0,
        retry_s: float = 5.0,
        spare: Path | None = None,
    ) -> None:
        """interval_s: at most one save in it; retry_s: how long after a failure it is tried again. folder,
        spare: default are the user's data folder and the one for running programs, which is often
        another disk. Nothing is written before the first change."""
        self._folder = default_folder() if folder is None else folder
        self._spare = spare_folder() if spare is None and folder is None else spare
        self._interval_s, self._retry_s = interval_s, retry_s
        self.path = self._new_path()  # where the running session is
        self.error: str | None = None
        self._locks: dict[Path, FileLock] = {}  # of every file that this session is or was in
        self._pending: DocumentFactory | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def note_change(self, document: DocumentFactory) -> None:
        """Something changed; `document` will be called from the autosave thread and must be safe there."""
        with self._changed:
            self._pending = document
            self._changed.notify()

    def start_new(self) -> None:
        """What was saved so far is a finished session; changes from now on are another one, in another
        file."""
        with self._writing:
            with self._changed:
                document, self._pending = self._pending, None
            if document is not None:
                self._write(document)
            self._finish()
            self.path = self._new_path()

    def close(self, finished: bool = True) -> Path | None:
        """Writes what is pending, ends the thread, marks the session as finished. Returns its file.

        finished: False after a failure of the program; the session is offered at the next start.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if finished:
            return self._finish()
        self._release_locks()
        return self.path if self.path.exists() else None

    def _new_path(self) -> Path:
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{os.getpid()}"
        return self._folder / f"{name}{UNFINISHED}"

    def _finish(self) -> Path | None:
        home = self._home()
        if self.path != home:
            self._rename(home)  # what it was before the folder could not be written: not to be offered
        self.path = finished = self._rename(self.path) or self.path
        self._release_locks()
        return finished if finished.exists() else None

    def _release_locks(self) -> None:
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    def _home(self) -> Path:
        """Where the running session ought to be."""
        return self._folder / self.path.name

    def _rename(self, path: Path) -> Path | None:
        """A session in the making becomes a finished one; None where it is not there, or stays."""
        if not path.exists():
            return None
        try:
            return path.rename(finished_path(path))
        except OSError as error:
            self.error = f"cannot rename '{path}': {error.strerror}"
            return None

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending is not None or self._closing)
                closing = self._closing
            outcome: Outcome = "home"
            with self._writing:  # before taking it: a new session must not begin between the two
                with self._changed:
                    document, self._pending = self._pending, None
                if document is not None:
                    outcome = self._write(document)
            if closing:
                return
            with self._changed:
                if outcome != "home" and self._pending is None:
                    self._pending = document  # the disk may have room later
                pause_s = self._retry_s if outcome == "nowhere" else self._interval_s
                self._changed.wait_for(lambda: self._closing, timeout=pause_s)

    def _write(self, document: DocumentFactory) -> Outcome:
        made, home = document(), self._home()
        try:
            self._save(home, made)
        except EditError as error:
            return self._write_in_spare(made, error)
        if self.path != home:  # there is room again
            with contextlib.suppress(OSError):
                self.path.unlink()
            self.path = home
        self.error = None
        return "home"

    def _write_in_spare(self, made: SessionDocument, error: EditError) -> Outcome:
        if self._spare is not None:
            kept = self._spare / self.path.name
            with contextlib.suppress(EditError):
                self._save(kept, made)
                self.path = kept
                self.error = f"{error}. Until then the session is kept in '{kept}'"
                return "spare"
        self.error = str(error)
        return "nowhere"

    def _save(self, path: Path, document: SessionDocument) -> None:
        if path not in self._locks:  # before there is anything that another start could offer to resume
            with contextlib.suppress(OSError):  # without locks it may offer what still runs
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = FileLock.take(lock_of(path))
                if lock is not None:
                    self._locks[path] = lock
        save_document(path, document)


def default_folder() -> Path:
    """The user's folder for sessions; it may not exist yet."""
    return user_data_path("livedrag", appauthor=False) / "sessions"


def spare_folder() -> Path:
    """Where sessions are kept while the other folder cannot be written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the system names none, it is one in /tmp
        return user_runtime_path("livedrag", appauthor=False) / "sessions"


def lock_of(path: Path) -> Path:
    """The lock of a session in the making."""
    return path.with_name(path.name.removesuffix(UNFINISHED) + ".lock")


def finished_path(path: Path) -> Path:
    """What a session in the making is called once it is finished."""
    return path.with_name(path.name.removesuffix(UNFINISHED) + ".json")


def latest_unfinished(folder: Path | None = None) -> Path | None:
    """The newest session that no close finished and no running program still writes: offer to resume it."""
    folders = [default_folder(), spare_folder()] if folder is None else [folder]
    left: list[Path] = []
    for one in folders:
        try:
            left += one.glob(f"*{UNFINISHED}")
        except OSError:
            continue
    left.sort(key=lambda path: path.name, reverse=True)  # names start with the time
    return next((path for path in left if not is_locked(lock_of(path))), None)


def settled_as(path: Path, folder: Path) -> Path | None:
    """Where the unfinished session is now that another program has resumed it or put it away into `folder`;
    None = nobody has."""
    if path.exists():
        return None
    return next((kept for kept in (finished_path(path), _kept_path(path, folder)) if kept.exists()), None)


def set_aside(path: Path, folder: Path | None = None) -> Path:
    """Marks an unfinished session as dealt with (resumed or declined), so that it is not offered again. One
    that another program has dealt with meanwhile is left as it is.

    folder: where it is kept, None = where it is. Returns what it is called now. Raises EditError where it
    cannot be moved.
    """
    settled = settled_as(path, folder or path.parent)
    if settled is not None:
        return settled
    kept = finished_path(path) if folder is None else _kept_path(path, folder)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, kept)  # the folder may be on another disk
        lock_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise EditError(
            f"cannot move the session '{path}' to '{kept}': {error.strerror}; it is offered again"
        ) from error
    return kept


def _kept_path(path: Path, folder: Path) -> Path:
    return folder / f"livedrag-session-{finished_path(path).name}"
