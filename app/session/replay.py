"""Replay: the same edit again, step for step. On the same kind of device w_plus comes out bit-identical."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from app.session.document import SessionDocument, require_model
from app.session.edit_session import EditSession
from app.session.edits import SetParams, StartFromLatent, StartFromSeed, Steps
from gan.errors import EditError
from gan.generator import Generator
from gan.step_result import StepResult


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
    for edit in islice(document.edits, first, None):
        if isinstance(edit, Steps):
            for _ in range(edit.count):
                if before_step is not None:
                    before_step(session)
                result = session.step()
                if on_step is not None:
                    on_step(session, result)
        else:
            session.apply(edit)
    return session
