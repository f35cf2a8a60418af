"""`SessionFiles`: where the session is on disk: its autosave, where it came from, where it returns to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from app.session.autosave import Autosave
from app.session.document import load_document, save_document
from app.session.edit_session import EditSession
from app.session.replay import replay

BeforeStep = Callable[[EditSession, float], None]


class SessionFiles:
    """Opening another session leaves the present one in its own files, whole.

    path: where the session was opened or last saved; None = nowhere yet. Used by the drag worker's thread,
    and after its end by `close`.
    """

    def __init__(self, autosave: Autosave | None = None, own_file: Path | None = None) -> None:
        """autosave: None saves nothing by itself. own_file: written when the session is left."""
        self.path = own_file
        self._own_file = own_file
        self._autosave = autosave
        self._told_error: str | None = None

    def note_change(self, session: EditSession) -> None:
        """The session changed."""
        if self._autosave is not None:
            self._autosave.note_change(session.document)

    def save(self, session: EditSession, path: Path) -> None:
        """Writes the session. Raises EditError."""
        save_document(path, session.document())
        self.path = path

    def open(
        self,
        path: Path,
        saves_there: bool,
        present: EditSession,
        before_step: Callable[[EditSession, float], None],
    ) -> EditSession:
        """Another session, at its end, instead of `present`. Raises EditError, with nothing changed.

        saves_there: whether `path` is where it is saved again. before_step: called before every step, with
        the share of the whole (0..1) that is done; what it raises gives the opening up.
        """
        document = load_document(path)
        count, done = max(document.step_count(), 1), itertools.count()
        opened = replay(
            document, present.generator, before_step=lambda session: before_step(session, next(done) / count)
        )
        self.leave(present)
        self.path = path if saves_there else None
        return opened

    def leave(self, present: EditSession) -> None:
        """Finishes the files of `present`; what changes from now on is another session, saved nowhere yet.

        Raises EditError, with nothing changed, where its own file cannot be written.
        """
        if self._own_file is not None:
            save_document(self._own_file, present.document())
        if self._autosave is not None:
            self._autosave.start_new()
        self._own_file = None
        self.path = None

    def take_error(self) -> str | None:
        """What the autosave could not do, once."""
        error = None if self._autosave is None else self._autosave.error
        new = error if error != self._told_error else None
        self._told_error = error
        return new

    def close(self, session: EditSession) -> None:
        """The session ends: its files are finished. Raises EditError where its own cannot be written."""
        if self._autosave is not None:
            self._autosave.close()
        if self._own_file is not None:
            save_document(self._own_file, session.document())
