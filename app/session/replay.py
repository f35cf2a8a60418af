"""Replay: the same edit again, step for step, and what becomes of a damaged one.

On the same kind of device w_plus comes out bit-identical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.session.document import SessionDocument, require_model
from app.session.edit_session import EditSession
from gan.errors import EditError
from gan.generator import Generator
from gan.step_result import StepResult

OnDamage = Callable[[str], None]


def replay(
    document: SessionDocument,
    generator: Generator,
    on_step: Callable[[EditSession, StepResult], None] | None = None,
    before_step: Callable[[EditSession], None] | None = None,
    on_damage: OnDamage | None = None,
    tell: Callable[[str], None] | None = None,
) -> EditSession:
    """The session at its end, with its undo history.

    before_step, on_step: called before and after every optimisation step; they must not change the session.
    Raises EditError for another generator than the session's, and for a file whose edits contradict each
    other; with `on_damage` that is told instead, in one line, and the session ends before the damage. tell:
    see `EditSession.advance`.
    """
    require_model(document, generator)
    session = EditSession.opened(generator, document, on_damage)
    for result in _to_end(session, before_step, on_damage, tell):
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
    for result in _to_end(session):
        yield session, result


def rebuild(
    session: EditSession,
    generator: Generator,
    before_step: Callable[[EditSession], None] | None = None,
) -> EditSession:
    """The same session on the same model elsewhere: done again, step for step, from what the host knows.
    What could be redone still can, and a unit that is open stays open. before_step: see `replay`."""
    document = session.document()
    require_model(document, generator)
    again = EditSession.opened(generator, document)
    for _ in _to_end(again, before_step):
        pass
    if generator.device.type == session.generator.device.type:
        again.use_half(session.half)
    again.adopt_units(session)
    return again


def _to_end(
    session: EditSession,
    before_step: Callable[[EditSession], None] | None = None,
    on_damage: OnDamage | None = None,
    tell: Callable[[str], None] | None = None,
) -> Iterator[StepResult | None]:
    """`EditSession.advance`, where an edit that cannot be done is damage, told by its number in the file."""
    refused: list[EditError] = []  # by before_step: that is no damage

    def before() -> None:
        try:
            if before_step is not None:
                before_step(session)
        except EditError as error:
            refused.append(error)
            raise

    try:
        yield from session.advance(before, tell)
    except EditError as error:
        if refused:
            raise
        number = session.log.number_after(session.place)
        damage = f"the session is damaged: its edit {number} cannot be done: {error}"
        if on_damage is None:
            raise EditError(damage) from error
        session.end_here()
        on_damage(damage)
