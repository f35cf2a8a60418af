"""Replay: the same edit again, step for step. On the same kind of device w_plus comes out bit-identical."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TypeVar

from app.session.document import SessionDocument, require_model
from app.session.edit_session import EditSession
from app.session.edits import SetParams, StartFromLatent, StartFromSeed, Steps
from gan.errors import EditError
from gan.generator import Generator
from gan.step_result import StepResult

T = TypeVar("T")


def replay(
    document: SessionDocument,
    generator: Generator,
    on_step: Callable[[EditSession, StepResult], None] | None = None,
    before_step: Callable[[EditSession], None] | None = None,
) -> EditSession:
    """The session at its end, with its undo history.

    before_step, on_step: called before and after every optimisation step; they must not change the session.
    Raises EditError for another generator than the session's, or a file whose edits contradict each other.
    """
    require_model(document, generator)
    start = document.edits[0] if document.edits else None
    if not isinstance(start, (StartFromSeed, StartFromLatent)):
        raise EditError("the session is damaged: its first edit must be a start (seed or latent)")
    session = EditSession(generator, start, document.initial_params(), document.created)
    first = 2 if len(document.edits) > 1 and isinstance(document.edits[1], SetParams) else 1
    for number, edit in enumerate(islice(document.edits, first, None), first + 1):
        for _ in range(edit.count if isinstance(edit, Steps) else 0):
            if before_step is not None:
                before_step(session)
            result = _of_edit(number, session.step)
            if on_step is not None:
                on_step(session, result)
        if not isinstance(edit, Steps):
            _of_edit(number, partial(session.apply, edit))
    return session


def rebuild(
    session: EditSession,
    generator: Generator,
    before_step: Callable[[EditSession], None] | None = None,
) -> EditSession:
    """The same session on the same model elsewhere: done again, step for step, from what the host knows. What
    could be redone still can, and a unit that is open stays open. before_step: see `replay`."""
    again = replay(session.document(with_undone=True), generator, before_step=before_step)
    for _ in range(session.undone_count):
        again.undo()
    if session.next_label is not None:
        again.begin(session.next_label)
    return again


def _of_edit(number: int, action: Callable[[], T]) -> T:
    try:
        return action()
    except EditError as error:
        raise EditError(f"the session is damaged: its edit {number} cannot be done: {error}") from error
