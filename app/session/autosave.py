"""Autosave: writes the session as it happens, off the caller's thread, and finds what a crash left behind.

A session in the making is '<time>-<process>.unfinished.json'; a proper close renames it to
'<time>-<process>.json'.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

from app.session.document import SessionDocument, save_document
from gan.errors import EditError

UNFINISHED = ".unfinished.json"

DocumentFactory = Callable[[], SessionDocument]


class Autosave:
    """Saves at most once every `interval_s`, atomically, in a thread of its own.

    `error` holds the last failure as one line for the status bar (None after a success): a full disk must
    not end a drag.
    """

    def __init__(self, folder: Path | None = None, interval_s: float = 1.0) -> None:
        """folder: default is the user's data folder. Nothing is written before the first change."""
        self._folder = default_folder() if folder is None else folder
        self._interval_s = interval_s
        self.path = self._new_path()  # where the running session is
        self.error: str | None = None
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

    def close(self) -> Path | None:
        """Writes what is pending, ends the thread, marks the session as finished. Returns its file."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        return self._finish()

    def _new_path(self) -> Path:
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{os.getpid()}"
        return self._folder / f"{name}{UNFINISHED}"

    def _finish(self) -> Path | None:
        if not self.path.exists():
            return None
        finished = self.path.with_name(self.path.name.removesuffix(UNFINISHED) + ".json")
        try:
            self.path.rename(finished)
        except OSError as error:
            self.error = f"cannot rename '{self.path}': {error.strerror}"
            return self.path
        self.path = finished
        return finished

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending is not None or self._closing)
                closing = self._closing
            with self._writing:  # before taking it: a new session must not begin between the two
                with self._changed:
                    document, self._pending = self._pending, None
                if document is not None:
                    self._write(document)
            if closing:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._closing, timeout=self._interval_s)

    def _write(self, document: DocumentFactory) -> None:
        try:
            save_document(self.path, document())
            self.error = None
        except EditError as error:
            self.error = str(error)


def default_folder() -> Path:
    """The user's folder for sessions; it may not exist yet."""
    return user_data_path("livedrag", appauthor=False) / "sessions"


def latest_unfinished(folder: Path | None = None) -> Path | None:
    """The newest session that no close finished and no running program still writes: offer to resume it."""
    folder = default_folder() if folder is None else folder
    try:
        left = sorted(folder.glob(f"*{UNFINISHED}"), reverse=True)  # names start with the time
    except OSError:
        return None
    return next((path for path in left if not _is_being_written(path)), None)


def set_aside(path: Path) -> Path:
    """Marks an unfinished session as dealt with (resumed or declined), so that it is not offered again.

    Returns where it is now. Raises EditError where it cannot be renamed.
    """
    try:
        return path.rename(path.with_name(path.name.removesuffix(UNFINISHED) + ".json"))
    except OSError as error:
        raise EditError(f"cannot rename the session '{path}': {error.strerror}") from error


def _is_being_written(path: Path) -> bool:
    process = path.name.removesuffix(UNFINISHED).rpartition("-")[2]
    if not process.isdigit():
        return False
    if int(process) == os.getpid():
        return True
    if os.name != "posix":
        return False  # there signal 0 would end the process instead of asking
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
