"""`UndoUnits`: which unit of a session is open, and the ways along its units: undo, redo, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.session.bookmarks import Bookmarks
from app.session.edits import Edit
from app.session.logged_drag import LoggedDrag

T = TypeVar("T")


class UndoUnits:
    """Everything that is done belongs to a unit. Of what is taken back for good, pictures that have a name
    stay."""

    def __init__(self, logged: LoggedDrag, bookmarks: Bookmarks) -> None:
        """No unit is open."""
        self._logged = logged
        self._bookmarks = bookmarks
        self._undone: list[int] = []  # units to go to again, the next one last
        self._undone_before: list[int] = []  # the same, when the open unit began
        self._next_label: str | None = "edit"  # None: the last unit is open

    def begin(self, label: str) -> None:
        """The next edit or step opens a unit of that name."""
        self._next_label = label

    def close(self) -> None:
        """The next edit or step opens a unit of its own."""
        self._next_label = "edit"

    def adopt(self, other: UndoUnits) -> None:
        """Of a session that was done again: what could be redone in the other can be here, and a unit that is
        open stays open."""
        self._undone, self._undone_before = list(other._undone), list(other._undone_before)
        self._next_label = other._next_label

    def do(self, edit: Edit, action: Callable[[], T]) -> T:
        """Does an edit in the unit that is open, or opens one; nothing can be redone then. Nothing has
        changed where it fails."""
        begins = self._next_label is not None
        result = self._logged.do(edit, action, self._next_label)
        self._next_label = None
        if begins:
            self._undone_before = self._undone
        self._undone = []
        return result

    def do_alone(self, edit: Edit, action: Callable[[], object], label: str) -> None:
        """Does an edit in a unit of its own; a name that `begin` has given is for the next one."""
        waiting = self._next_label
        self._next_label = label
        try:
            self.do(edit, action)
        finally:
            self._next_label = waiting or "edit"

    def take_back_steps(self, count: int) -> list[Edit]:
        """Takes the last steps out of the unit that is open, for good; what was done since the first of them
        is returned, to be done again. They stay where other edits were done since, or one of their pictures
        has a name: then it is a picture like the one before."""
        if self._bookmarks.any_from(self._logged.log.position_count - count):
            return []
        taken = self._logged.take_back_steps(count)
        if taken is None:
            return []
        self._next_label, between = taken
        return between

    @property
    def undo_label(self) -> str | None:
        """The unit that undo would take back, None for none."""
        log = self._logged.log
        return log.units[log.now].label if log.now else None

    @property
    def redo_label(self) -> str | None:
        """The unit that redo would bring back, None for none."""
        return self._logged.log.units[self._undone[-1]].label if self._undone else None

    def undo(self) -> str | None:
        """Takes back the last unit; its label, None where there is none."""
        log = self._logged.log
        undone = log.now
        unit = log.units[undone]
        if unit.after is None:
            return None
        self._logged.keep()
        self._go_to(unit.after)
        self._undone.append(undone)
        return unit.label

    def redo(self) -> str | None:
        """Brings back the unit undone last; its label, None where there is none."""
        if not self._undone:
            return None
        self._go_to(self._undone[-1])
        return self._logged.log.units[self._undone.pop()].label

    def cancel(self) -> str | None:
        """Takes back the open unit for good: it cannot be redone, what could be before it can. Its label,
        None where it is empty."""
        if self._next_label is not None:
            return None
        log = self._logged.log
        unit = log.units[log.now]
        assert unit.after is not None
        self._go_to(unit.after)
        self._undone = self._undone_before
        if not self._bookmarks.any_from(unit.first_position):  # else it stays, to be returned to
            self._logged.drop_last_unit()
        return unit.label

    def _go_to(self, unit: int) -> None:
        self._logged.go_to_end_of(unit)
        self.close()
