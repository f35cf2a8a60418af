"""`SessionFiles`: where the session is on disk: its autosave, where it came from, where it returns to."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_data_path

from app.session.autosave import Autosave
from app.session.document import SessionDocument, save_document
from app.session.edit_session import EditSession
from app.session.replay import replay
from gan.errors import EditError
from gan.file_lock import FileLock

BeforeStep = Callable[[EditSession, float], None]


class SessionFiles:
    """Opening another session leaves the present one in its own files, whole. A file that another program
    works on, or has written since it was read, is left to it: this one keeps a copy of its own beside it.

    path: where the session was opened or last saved; None = nowhere yet. Used by the drag worker's thread,
    and after its end by `close`.
    """

    def __init__(
        self, autosave: Autosave | None = None, own_file: Path | None = None, locks: Path | None = None
    ) -> None:
        """autosave: None saves nothing by itself. own_file: written when the session is left. locks: folder
        of the locks, default in the user's data folder."""
        self._autosave = autosave
        self._locks = user_data_path("livedrag", appauthor=False) / "locks" if locks is None else locks
        self._lock: FileLock | None = None
        self._seen: tuple[int, int] | None = None  # of the file at `path`, when it was read or written
        self._notice: str | None = None
        self._told_error: str | None = None
        self.path: Path | None = None
        self._own_file = None if own_file is None else self._belong_to(own_file)

    def note_change(self, session: EditSession) -> None:
        """The session changed."""
        if self._autosave is not None:
            self._autosave.note_change(session.document)

    def save(self, session: EditSession, path: Path) -> Path:
        """Writes the session; where it now is. Raises EditError."""
        own = path if path == self.path and not self._was_changed() else self._belong_to(path)
        save_document(own, session.document())
        self._seen = _stamp(own)
        return own

    def open(
        self,
        document: SessionDocument,
        path: Path | None,
        present: EditSession,
        before_step: BeforeStep,
    ) -> EditSession:
        """Another session, at its end, instead of `present`. Raises EditError, with nothing changed.

        path: where it is saved again, None = it is to be asked for. before_step: called before every step,
        with the share of the whole (0..1) that is done; what it raises gives the opening up.
        """
        count, done = max(document.step_count(), 1), itertools.count()
        opened = replay(
            document,
            present.generator,
            before_step=lambda session: before_step(session, next(done) / count),
            on_damage=self.tell,
            tell=self.tell,
        )
        opened.use_half(present.half)
        self.leave(present)
        if path is not None:
            self._belong_to(path)
        return opened

    def leave(self, present: EditSession) -> None:
        """Finishes the files of `present`; what changes from now on is another session, saved nowhere yet.

        Raises EditError, with nothing changed, where its own file cannot be written.
        """
        self._write_own(present)
        if self._autosave is not None:
            self._autosave.start_new()
        self._own_file = None
        self._let_go()

    def take_error(self) -> str | None:
        """What could not be done as it was meant, once."""
        if self._notice is not None:
            notice, self._notice = self._notice, None
            return notice
        error = None if self._autosave is None else self._autosave.error
        new = error if error != self._told_error else None
        self._told_error = error
        return new

    def close(self, session: EditSession, finished: bool = True) -> None:
        """The session ends: its files are finished, or offered at the next start where the program failed.
        Raises EditError where its own cannot be written."""
        kept = None if self._autosave is None else self._autosave.close(finished)
        try:
            self._write_own(session)
        except EditError as error:
            if kept is None:
                raise
            raise EditError(f"{error}; the session is kept in '{kept}'") from error
        finally:
            self._let_go()

    def _write_own(self, session: EditSession) -> None:
        if self._own_file is None:
            return
        own = self._own_file if not self._was_changed() else self._belong_to(self._own_file)
        save_document(own, session.document())
        self._seen = _stamp(own)

    def _belong_to(self, path: Path) -> Path:
        """The session is that file's from now on, or its own copy's."""
        taken = self.path == path and self._was_changed()
        lock = None if taken else self._take_lock(path)
        own = path
        if taken or lock is None:
            number = 2
            while (own := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists() or (
                lock := self._take_lock(own)
            ) is None:
                number += 1
            why = "was written by another program" if taken else "is open in another window of LiveDrag"
            self.tell(f"'{path}' {why}; this one keeps its own copy, '{own.name}' beside it")
        self._let_go()
        self._lock, self.path, self._seen = lock, own, _stamp(own)
        return own

    def _take_lock(self, path: Path) -> FileLock | None:
        """None where another program has it."""
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
        if self._lock is not None and self._lock.path.name == f"{name}.lock":
            lock, self._lock = self._lock, None
            return lock
        try:
            return FileLock.take(self._locks / f"{name}.lock")
        except OSError:
            return FileLock.none()  # a folder that cannot be written must not keep anyone from working

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock = self.path = self._seen = None

    def _was_changed(self) -> bool:
        return (
            self.path is not None and self._seen is not None and _stamp(self.path) not in (None, self._seen)
        )

    def tell(self, text: str) -> None:
        """The next `take_error` says it."""
        self._notice = text if self._notice is None else f"{self._notice}. {text}"


def _stamp(path: Path) -> tuple[int, int] | None:
    """When a file was written, and its size; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
