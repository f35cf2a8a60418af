"""Replay: the same edit again, step for step. On the same kind of device w_plus comes out bit-identical."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.session.document import SessionDocument, require_model
from app.session.edit_session import EditSession
from gan.generator import Generator
from gan.step_result import StepResult

OnDamage = Callable[[str], None]


def replay(
    document: SessionDocument,
    generator: Generator,
    on_step: Callable[[EditSession, StepResult], None] | None = None,
    before_step: Callable[[EditSession], None] | None = None,
    on_damage: OnDamage | None = None,
) -> EditSession:
    """The session at its end, with its undo history.

    before_step, on_step: called before and after every optimisation step; they must not change the session.
    Raises EditError for another generator than the session's, and for a file whose edits contradict each
    other; with `on_damage` that is told instead, in one line, and the session ends before the damage.
    """
    require_model(document, generator)
    session = EditSession.opened(generator, document, on_damage)
    before = None if before_step is None else lambda: before_step(session)
    for result in session.advance(before, on_damage):
        if result is not None and on_step is not None:
            on_step(session, result)
    return session


def replaying(
    document: SessionDocument, generator: Generator
) -> Iterator[tuple[EditSession, StepResult | None]]:
    """The session at its beginning, and after every edit and step that leads to its end: what a recording of
    it shows. The result is that of a step, else None. It is one session throughout: read from it at once what
    is to be kept (`session.session.w_plus`, `.handles`, `.targets`, `.handle_ids`, `.painted_mask`).

    Raises EditError as `replay` does.
    """
    require_model(document, generator)
    session = EditSession.opened(generator, document)
    yield session, None
    for result in session.advance():
        yield session, result


def rebuild(
    session: EditSession,
    generator: Generator,
    before_step: Callable[[EditSession], None] | None = None,
) -> EditSession:
    """The same session on the same model elsewhere; see `EditSession.rebuilt`. before_step: see `replay`."""
    require_model(session.document(), generator)
    return session.rebuilt(generator, before_step)
