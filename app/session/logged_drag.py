"""`LoggedDrag`: a drag that is somewhere in a log: what is done to it is logged, and it goes to any place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from app.session.edited_drag import EditedDrag
from app.session.edits import Edit, ReturnTo, SetParams, Start, start_latent
from app.session.history_log import HistoryLog, Place
from app.session.indexed_edits import picture_count
from app.session.kept_states import KeptStates, KeptStatesParams
from app.session.recall import Recall
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.generator import Generator
from gan.step_result import StepResult

T = TypeVar("T")


class LoggedDrag:
    """drag: changed only here. place: where in `log` it is; position: of the picture that is there.

    lock: held while the log changes; other threads hold it to read.
    """

    def __init__(
        self, generator: Generator, first: Start, params: SetParams, kept: KeptStatesParams | None
    ) -> None:
        """At its beginning. Raises EditError for a start that is not allowed."""
        session = DragSession(generator, start_latent(generator, first), params=params.params)
        self.drag = EditedDrag(session, first, params.asked)
        self.lock = threading.Lock()
        self.states = KeptStates(kept)
        self._generator = generator
        self.follow(HistoryLog([first, params]))
        self.place = self.log.end_of(0)
        self.position = 0
        self.keep()

    def follow(self, log: HistoryLog) -> None:
        """From now on this log, which begins as the one before did."""
        self.log = log
        self.recall = Recall(log, self.states, self._generator)

    def keep(self) -> None:
        """Keeps the state here, to come back to."""
        self.states.put(self.place, self.drag.keep())

    def do(self, edit: Edit, action: Callable[[], T], label: str | None) -> T:
        """Does an edit and puts it into the log; nothing has changed where that fails. label: of the unit
        that it begins, None = it belongs to the last one."""
        if label is not None and self.states.get(self.place) is None:
            self.keep()  # undo comes back to here
        mark = self.drag.mark()
        try:
            result = action()
            kept = self.drag.keep() if picture_count(edit) or isinstance(edit, ReturnTo) else None
        except EditError:
            raise  # refused before anything changed
        except Exception:  # a device that gives up half-way
            self.drag.go_back(mark)
            raise
        with self.lock:
            if label is not None:
                self.log.open_unit(label)
            self.log.append(edit)
        self.place = self.log.end_of(self.log.now)
        if picture_count(edit):
            self.position = self.log.position_count - 1
        if kept is not None:
            self.states.put(self.place, kept)
        return result

    def go_to_end_of(self, unit: int) -> None:
        """Everything as it was there, to the bit."""
        place = self.log.end_of(unit)
        self.drag.go_to(self.recall.state_at(place))
        with self.lock:
            self.log.now = unit
        self.place, self.position = place, self.log.position_at(place)

    def drop_last_unit(self) -> None:
        """Takes the last unit out of the log; the drag must be where that went on from."""
        with self.lock:
            self.log.drop_last()
        self.states.forget_from(Place(len(self.log.units), 0))

    def take_back_steps(self, count: int) -> tuple[str | None, list[Edit]] | None:
        """Takes the last steps out of the log, and what was done since the first of them: that is to be done
        again. With it the label of the unit that began with them and is gone, else None. None, with nothing
        changed, where that is not all that was done since."""
        with self.lock:
            between = self.log.take_back_steps(count)
        if between is None:
            return None
        unit = self.log.units[-1]
        gone = None if unit.edits else unit.label
        if gone is None:
            end = self.log.end_of(self.log.now)
            self.states.forget_from(end._replace(steps=end.steps + 1))
        else:
            self.drop_last_unit()
        self.go_to_end_of(self.log.now)
        return gone, between

    def advance(
        self, before_step: Callable[[], None], tell: Callable[[str], None] | None = None
    ) -> Iterator[StepResult | None]:
        """Of one that was just opened: does what leads to the log's end, see `EditSession.advance`."""
        log = self.log
        if tell is not None:
            self.recall.tell = tell
        with self.recall.asking(lambda _share: before_step()):  # of pictures that are blended
            for leg in log.way_to(log.end_of(log.now), self.place):
                self.place = leg.begin
                for place, edit, result in self.recall.perform(self.drag, leg, before_step):
                    self.place, self.position = place, log.position_at(place)
                    if picture_count(edit):
                        self.keep()
                    yield result

    def end_here(self) -> None:
        """The log ends where the drag is; the rest is forgotten."""
        self.log.cut(self.place)
        self.place = self.log.end_of(self.log.now)
        self.position = self.log.position_at(self.place)
