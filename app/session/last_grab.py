"""`LastGrab`: which handle the hand grabbed last, as the session's own log says it.

It goes with the next grab; the others are pins. The log knows, so a session that is opened, an undo and an
earlier picture know too.
"""

from __future__ import annotations

from app.session.edits import AddHandle, ClearHandles, ReturnTo
from app.session.history_log import HistoryLog, Place

GRAB_LABEL = "drag"  # of the unit that a grab begins; handles that are placed come in units of another name


class LastGrab:
    """Of one log after the other; what was asked last is remembered."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._id: int | None = None

    def at(self, log: HistoryLog, place: Place) -> int | None:
        """The id of the handle that was grabbed last on the way to a place, which may be gone; None = none
        was."""
        # not the steps and the moves: they grab nothing. The unit itself: another may have taken its number
        unit = log.units[place.unit]
        decides = unit.edits.last_of((AddHandle, ClearHandles, ReturnTo), before=place.edits)
        asked = log, len(log.units), unit, decides
        if asked != self._asked:
            self._asked, self._id = asked, last_grab(log, place)
        return self._id


def last_grab(log: HistoryLog, place: Place, but: int | None = None) -> int | None:
    """See `LastGrab.at`. but: a handle that does not count."""
    for leg in log.back_from(place):
        unit, i = log.units[leg.end.unit], leg.end.edits
        while (i := unit.edits.last_of((AddHandle, ClearHandles), i, leg.begin.edits)) is not None:
            edit = unit.edits[i]
            if isinstance(edit, ClearHandles):
                return None
            if isinstance(edit, AddHandle) and unit.label == GRAB_LABEL and edit.id != but:
                return edit.id
    return None
