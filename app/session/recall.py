"""`Recall`: earlier states of a session: kept ones at once, those between by doing the steps again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from itertools import count

from torch import Tensor

from app.session.edited_drag import EditedDrag
from app.session.edits import Edit, ReturnTo, Steps, Unit
from app.session.history_log import HistoryLog, Leg, Place
from app.session.indexed_edits import picture_count
from app.session.kept_states import KeptState, KeptStates
from app.session.repeated_step import overflow_line, step_again
from gan.drag_session import DragSession
from gan.generator import Generator
from gan.step_result import StepResult

Done = tuple[Place, Edit, StepResult | None]  # where it led, what it was; the result of a step
BeforeStep = Callable[[float], None]  # is told which share (0..1) of the way is done


class Recall:
    """Shares its owner's log and kept states; what it does again is kept too."""

    def __init__(self, log: HistoryLog, states: KeptStates, generator: Generator) -> None:
        self._log = log
        self._states = states
        self._generator = generator
        self._before_step: BeforeStep = _nobody_asks
        self.tell: Callable[[str], None] = _nobody_hears  # one line, of layers in 32 bits that had 16 then
        self.overflowed: frozenset[int] = frozenset()  # the rows of these layers

    @contextmanager
    def asking(self, before_step: BeforeStep) -> Iterator[None]:
        """While it lasts, `before_step` is called before every step that is done again to get to a place.
        What it raises gives that up, with nothing changed."""
        before, self._before_step = self._before_step, before_step
        try:
            yield
        finally:
            self._before_step = before

    def perform(
        self, drag: EditedDrag, leg: Leg, before_step: Callable[[], None] | None = None
    ) -> Iterator[Done]:
        """Does again what a leg holds, one edit or step at a time. `drag` is where it begins.

        Raises EditError where an edit cannot be done; then the ones before are.
        """
        unit, begin = leg.end.unit, leg.begin
        edits = self._log.units[unit].edits
        while begin < leg.end:
            edit = edits[begin.edits]
            if isinstance(edit, Steps):
                last = leg.end.steps if begin.edits == leg.end.edits else edit.count
                for number in range(begin.steps + 1, last + 1):
                    if before_step is not None:
                        before_step()
                    result = step_again(
                        drag, lambda at=begin: self._log.changes_layers_after(at), self._note_overflow
                    )
                    yield Place(unit, begin.edits, number), edit, result
                if begin.edits == leg.end.edits:
                    return
            else:
                assert not isinstance(edit, ReturnTo | Unit)
                drag.apply(edit, self.latent_at)
                yield Place(unit, begin.edits + 1), edit, None
            begin = Place(unit, begin.edits + 1)

    def _note_overflow(self, rows: Set[int]) -> None:
        new = rows - self.overflowed
        self.overflowed |= rows
        if new:  # on another way through the same steps it was told already
            self.tell(overflow_line(new))

    def state_at(self, place: Place) -> KeptState:
        """The state at a place, exact. See `asking`; what was done until then is kept."""
        kept = self._states.get(place)
        if kept is not None:
            return kept
        begin, legs = self._way_from_kept(place)
        drag = drag_at(begin, self._generator)
        whole, done = max(self._log.step_count_of(legs), 1), count()
        for leg in legs:
            for reached, edit, _ in self.perform(drag, leg, lambda: self._before_step(next(done) / whole)):
                if picture_count(edit):
                    self._states.put(reached, drag.keep())
        state = drag.keep()
        self._states.put(place, state)
        return state

    def nearest_state(self, place: Place) -> tuple[Place, KeptState]:
        """The last kept state on the way to a place, and where it is."""
        begin, legs = self._way_from_kept(place)
        return (legs[0].begin if legs else place), begin

    def _way_from_kept(self, place: Place) -> tuple[KeptState, list[Leg]]:
        legs: list[Leg] = []
        for leg in self._log.back_from(place):
            kept = self._states.nearest(leg.begin, leg.end)
            if kept is not None:
                state = self._states.get(kept)
                assert state is not None
                return state, [Leg(kept, leg.end), *legs[::-1]]
            legs.append(leg)
        raise AssertionError("the first state is always kept")

    def latent_at(self, position: int) -> Tensor:
        """w_plus (num_ws, w_dim) of a picture. Raises EditError where there is none."""
        return self.state_at(self._log.place_of(position)).packed.unpack().w_plus


def _nobody_asks(_share: float) -> None:
    """Nothing is given up."""


def _nobody_hears(_line: str) -> None:
    """It stays unsaid."""


def drag_at(state: KeptState, generator: Generator) -> EditedDrag:
    """A drag of its own at a kept state."""
    template = state.packed.template
    session = DragSession(generator, template.w0, params=template.params, half=state.half)
    drag = EditedDrag(session, state.origin, state.asked)
    drag.go_to(state)
    return drag
