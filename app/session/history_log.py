"""`HistoryLog`: all that was ever done in a session, as data, in the order in which it was done. No tensors.

The log only grows. An undone unit stays in it; the next edit opens a unit that goes on from an earlier one.
So the units are a tree, and nothing that was once seen is lost. Every picture (the first, one for each step,
one for each other latent) has a position: 0, 1, 2 ... in that order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from app.session.edits import Blend, Edit, ReturnTo, SetHalfLayers, SetParams, Steps, Unit
from app.session.indexed_edits import IndexedEdits, picture_count
from app.session.logged_unit import LoggedUnit
from gan.errors import EditError


class Place(NamedTuple):
    """Between two edits, or between two steps: in that unit, after `edits` edits and `steps` steps of the
    next one. Places compare in the order in which they were reached."""

    unit: int
    edits: int
    steps: int = 0


class Leg(NamedTuple):
    """A part of the way to a place, within one unit."""

    begin: Place
    end: Place


class HistoryLog:
    """Positions and places of a session's edits, and the ways between them.

    `now` is the unit at whose end the session is.
    """

    def __init__(self, first: Sequence[Edit]) -> None:
        """first: a start and what is set with it; never undone."""
        self.units = [LoggedUnit("start", None, 0, edits=IndexedEdits(first))]
        self.now = 0
        self.position_count = 1

    @classmethod
    def of(
        cls, edits: Sequence[Edit], now: int | None = None, on_damage: Callable[[str], None] | None = None
    ) -> HistoryLog:
        """The log of a file's edits. Where they contradict each other, EditError is raised; or `on_damage` is
        told, and the log goes up to there."""
        log = cls(edits[: 2 if len(edits) > 1 and isinstance(edits[1], SetParams) else 1])
        try:
            log._read(edits[len(log.units[0].edits) :], len(log.units[0].edits) + 1)
            log.now = len(log.units) - 1 if now is None else now
            if log.now >= len(log.units):
                raise EditError(f"the session is damaged: it is said to be at unit {now}, which is not in it")
        except EditError as error:
            if on_damage is None:
                raise
            log.now = len(log.units) - 1
            on_damage(str(error))
        return log

    def _read(self, edits: Sequence[Edit], first_number: int) -> None:
        label: str | None = "edit"
        after = 0
        for number, edit in enumerate(edits, first_number):
            if isinstance(edit, Unit):
                label, after = edit.label, len(self.units) - 1 if edit.after is None else edit.after
                if after >= len(self.units):
                    raise EditError(
                        f"the session is damaged: its edit {number} goes on from unit {after}, "
                        "which is not there yet"
                    )
                continue
            self.check(edit, number)
            if label is not None:
                self.open_unit(label, after)
                self.units[-1].number = number
                label = None
            self.units[-1].edits.append(edit)  # as it is: what was not merged then was spoken of
            self.position_count += picture_count(edit)

    def check(self, edit: Edit, number: int | None = None) -> None:
        """Raises EditError where an edit speaks of a picture that is not there. number: of the edit in its
        file."""
        for position in positions_in(edit):
            if position >= self.position_count:
                said = (
                    "there is"
                    if number is None
                    else f"the session is damaged: for its edit {number} there is"
                )
                raise EditError(f"{said} no picture {position}; there are 0 to {self.position_count - 1}")

    # growing

    def open_unit(self, label: str, after: int | None = None) -> None:
        """A new unit that goes on from `after`, None = from where the session is."""
        number = self.units[-1].number + len(self.units[-1].edits) + 1
        parent = self.now if after is None else after
        self.units.append(LoggedUnit(label, parent, self.position_count, number))
        self.now = len(self.units) - 1

    def append(self, edit: Edit) -> None:
        """Adds an edit to the last unit, which must be where the session is."""
        assert self.now == len(self.units) - 1
        # a blend of the last picture cannot take its place
        speaks_of_last = self.position_count - 1 in positions_in(edit)
        self.position_count += self.units[-1].append(edit, keeps_last=speaks_of_last)

    def seal(self) -> None:
        """What is in the last unit is spoken of elsewhere: nothing is merged into it any more."""
        self.units[-1].seal()

    def drop_last(self) -> None:
        """Takes the last unit out; the session is where it went on from."""
        unit = self.units.pop()
        assert unit.after is not None
        self.position_count = unit.first_position
        self.now = unit.after

    def take_back_steps(self, count: int) -> list[Edit] | None:
        """Takes the last `count` steps out of the last unit, which must be where the session is; see
        `LoggedUnit.take_back_steps`."""
        assert self.now == len(self.units) - 1
        between = self.units[-1].take_back_steps(count)
        if between is not None:
            self.position_count -= count
        return between

    def cut(self, place: Place) -> None:
        """Forgets everything from a place on; the session is there."""
        del self.units[place.unit + 1 :]
        unit = self.units[place.unit]
        unit.cut(place.edits, place.steps)
        self.position_count = unit.first_position + unit.picture_count_to(len(unit.edits))
        self.now = place.unit
        if not unit.edits:
            self.drop_last()

    # positions and places

    def number_after(self, place: Place) -> int:
        """In a file, the number of the edit that comes next at a place, or is in the middle of its steps."""
        unit = self.units[place.unit]
        is_over = place.steps > 0 and unit.edits[place.edits] == Steps(place.steps)
        return unit.number + place.edits + is_over

    def end_of(self, unit: int) -> Place:
        """The place after everything in a unit."""
        return Place(unit, *self.units[unit].end)

    def unit_of(self, position: int) -> int:
        """The unit in which a picture was made."""
        # a unit without pictures begins where the next one does: the last that begins there has made it
        return bisect_right(self.units, position, key=lambda unit: unit.first_position) - 1

    def place_of(self, position: int) -> Place:
        """Where a picture had just been made. Raises EditError where there is none."""
        if not 0 <= position < self.position_count:
            raise EditError(f"there is no picture {position}; there are 0 to {self.position_count - 1}")
        if position == 0:
            return self.end_of(0)
        unit = self.unit_of(position)
        number = position - self.units[unit].first_position + 1
        return Place(unit, *self.units[unit].point_of(number))

    def position_at(self, place: Place) -> int:
        """The picture that is seen at a place."""
        for leg in self.back_from(place):
            unit = self.units[leg.end.unit]
            made = unit.picture_count_to(leg.end.edits, leg.end.steps)
            if made > unit.picture_count_to(leg.begin.edits):
                return unit.first_position + made - 1
        return 0

    def changes_layers_after(self, place: Place) -> bool:
        """Whether the edit behind the one at a place sets which layers have 16 bits: then steps of that one
        may have been refused when they were new."""
        behind = self.units[place.unit].edits[place.edits + 1 : place.edits + 2]
        if behind:
            return isinstance(behind[0], SetHalfLayers)
        first = (unit.edits[:1] for unit in self.units if unit.after == place.unit)
        return any(isinstance(edit, SetHalfLayers) for edits in first for edit in edits)

    # ways

    def way_to(self, place: Place, begin: Place | None = None) -> list[Leg]:
        """What to do, from the very beginning, or from `begin` if that is on the way, to be at a place."""
        legs: list[Leg] = []
        for leg in self.back_from(place):
            if begin is not None and begin.unit == leg.end.unit and leg.begin <= begin <= leg.end:
                legs.append(Leg(begin, leg.end))
                break
            legs.append(leg)
        return legs[::-1]

    def back_from(self, place: Place) -> Iterator[Leg]:
        """The legs of the way from the very beginning to a place, the last one first."""
        while True:
            unit = self.units[place.unit]
            jump = unit.edits.last_of((ReturnTo,), before=place.edits)
            yield Leg(Place(place.unit, 0 if jump is None else jump + 1), place)
            if jump is not None:
                returned = unit.edits[jump]
                assert isinstance(returned, ReturnTo)
                place = self.place_of(returned.position)
            elif unit.after is not None:
                place = self.end_of(unit.after)
            else:
                return

    def step_count_to(self, place: Place) -> int:
        """How many steps are on the way to a place."""
        return self.step_count_of(self.back_from(place))

    def step_count_of(self, legs: Iterable[Leg]) -> int:
        """How many steps are in these legs."""
        count = 0
        for leg in legs:
            edits = self.units[leg.end.unit].edits[leg.begin.edits : leg.end.edits]
            count += leg.end.steps - leg.begin.steps
            count += sum(edit.count for edit in edits if isinstance(edit, Steps))
        return count

    def pictures_to(self, place: Place) -> list[tuple[int, int]]:
        """The positions of the pictures on the way to a place, as runs (first, last)."""
        runs: list[tuple[int, int]] = []
        for leg in self.way_to(place):
            unit = self.units[leg.end.unit]
            first = unit.first_position + unit.picture_count_to(leg.begin.edits)
            last = unit.first_position + unit.picture_count_to(leg.end.edits, leg.end.steps) - 1
            if last < first:
                continue
            if runs and runs[-1][1] + 1 == first:
                runs[-1] = (runs[-1][0], last)
            else:
                runs.append((first, last))
        return runs

    def edits(self) -> list[Edit]:
        """Everything, as a file has it."""
        edits = list(self.units[0].edits)
        for i, unit in enumerate(self.units[1:], 1):
            edits.append(Unit(unit.label, None if unit.after == i - 1 else unit.after))
            edits.extend(unit.edits)
        return edits


def positions_in(edit: Edit) -> tuple[int, ...]:
    """The earlier pictures that an edit speaks of."""
    match edit:
        case Blend():
            return edit.first, edit.second
        case ReturnTo():
            return (edit.position,)
        case _:
            return ()
