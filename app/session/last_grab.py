"""`LastGrab`: which handle the hand grabbed last, as the session's own log says it.

It goes with the next grab; the others are pins. The log knows, so a session that is opened, an undo and an
earlier picture know too.
"""

from __future__ import annotations

from app.session.edits import AddHandle, ClearHandles
from app.session.history_log import HistoryLog, Leg, Place

GRAB_LABEL = "drag"  # of the unit that a grab begins; handles that are placed come in units of another name


class LastGrab:
    """Of one log after the other; what was asked last is remembered."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._id: int | None = None

    def at(self, log: HistoryLog, place: Place) -> int | None:
        """The id of the handle that was grabbed last on the way to a place, which may be gone; None = none
        was."""
        # not the steps: they grab nothing. The unit itself: another may have taken its number
        asked = log, len(log.units), log.units[place.unit], place.edits
        if asked != self._asked:
            self._asked, self._id = asked, _find(log, place)
        return self._id


def _find(log: HistoryLog, place: Place) -> int | None:
    for leg in log.back_from(place):
        for edit in reversed(_edits_of(log, leg)):
            if isinstance(edit, ClearHandles):
                return None
            if isinstance(edit, AddHandle) and log.units[leg.end.unit].label == GRAB_LABEL:
                return edit.id
    return None


def _edits_of(log: HistoryLog, leg: Leg) -> list[object]:
    return [*log.units[leg.end.unit].edits[leg.begin.edits : leg.end.edits]]
