"""What becomes of a step once its outcome is known: the one place that hears of those that were refused.

A refused step (a loss, latent or feature that is not finite) leaves the session as if it had not been asked
for. Where it was too much for 16-bit layers, they have 32 bits from then on, one line is told, and the step
is to be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from app.session.edit_session import EditSession
from app.session.repeated_step import overflow_line
from gan.step_result import HostStepResult

Outcome = Literal["done", "to-repeat", "refused"]
Tell = Callable[[str], None]  # one line for a person


def step_and_hear(session: EditSession, tell: Tell) -> HostStepResult:
    """One step, waited for; repeated with fewer 16-bit layers where they were too few bits. Where its result
    is not finite there was no step. Raises EditError where there are no handles."""
    while True:
        result = session.step().to_host()  # sync: whether it is repeated is decided here
        if hear(session, result, tell) != "to-repeat":
            return result


def hear(session: EditSession, result: HostStepResult, tell: Tell) -> Outcome:
    """To be told of every step, in order. Unless it is "done", the steps begun after it are undone too: their
    results are of no step any more."""
    if result.finite:
        return "done"
    had = session.session.half
    if not session.refuse_step(result):
        return "refused"
    has = session.session.half
    assert had is not None
    assert has is not None
    tell(overflow_line(has.excluded_rows - had.excluded_rows))
    return "to-repeat"
