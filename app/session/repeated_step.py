"""A step of a session that is done again. On another model of device 16 bits may not be enough where they
were before: then the layers have 32 bits from there on, as where a step is new (`app.session.step_outcomes`).
"""

from __future__ import annotations

from collections.abc import Callable, Set

from app.session.edited_drag import EditedDrag
from gan.step_result import StepResult

Overflowed = Callable[[Set[int]], None]  # hears the rows of w_plus whose layers 16 bits were too few for


def step_again(drag: EditedDrag, was_refused_then: Callable[[], bool], overflowed: Overflowed) -> StepResult:
    """The next step. Waits for the device where there are 16-bit layers, else not.

    was_refused_then: asked only where it is refused: whether it may have been so too when it was new.
    """
    while True:
        before = drag.session.half
        if before is None:
            return drag.step()
        mark = drag.mark()
        result = drag.step()
        # sync: with 16-bit layers only, to hear of it before the next step
        if bool(result.finite) or was_refused_then():
            return result
        drag.go_back(mark)
        if not drag.session.repair(result.to_host()):  # sync: after a refused step only
            return drag.step()
        after = drag.session.half
        assert after is not None
        overflowed(after.excluded_rows - before.excluded_rows)


def overflow_line(rows: Set[int]) -> str:
    """For a person."""
    layers = "layer" if len(rows) == 1 else "layers"
    stay = "it stays" if len(rows) == 1 else "they stay"
    named = ", ".join(str(row) for row in sorted(rows))
    return f"16 bits were not enough for {layers} {named}; the step is repeated in 32 bits, and there {stay}"
