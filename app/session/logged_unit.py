"""`LoggedUnit`: what one undo takes back: its edits, as they merge, and where in them pictures were made."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.session.edits import Edit, MoveTarget, Steps
from app.session.indexed_edits import NEW_PICTURE, IndexedEdits, picture_count


@dataclass(eq=False)
class LoggedUnit:
    """after: the unit that it goes on from, None for the first.

    first_position: of the first picture in it, or of the next one if there is none in it. number: of its
    first edit in the file, for messages. sealed: so many of its edits are spoken of elsewhere and stay as
    they are.
    """

    label: str
    after: int | None
    first_position: int
    number: int = 1
    edits: IndexedEdits = field(default_factory=IndexedEdits)
    sealed: int = 0

    def append(self, edit: Edit, keeps_last: bool = False) -> int:
        """Adds an edit; how many pictures there are more then. Steps add up; of a target's moves with no step
        between only the last is kept, and of pictures that follow each other at once likewise.

        keeps_last: it does not take the place of another one.
        """
        edits, sealed = self.edits, len(self.edits) if keeps_last else self.sealed
        last = edits[-1] if edits else None
        if isinstance(edit, Steps) and isinstance(last, Steps):
            edits.replace(len(edits) - 1, Steps(last.count + edit.count))
            return edit.count
        place = self._replaced_by(edit, sealed)
        if place is not None:
            edits.replace(place, edit)
            return 0
        edits.append(edit)
        return picture_count(edit)

    def _replaced_by(self, edit: Edit, sealed: int) -> int | None:
        """Where the edit is whose place another one takes."""
        edits = self.edits
        if isinstance(edit, MoveTarget):
            for i in range(len(edits) - 1, sealed - 1, -1):
                earlier = edits[i]
                if not isinstance(earlier, MoveTarget):
                    return None
                if earlier.id == edit.id:
                    return i
        if isinstance(edit, NEW_PICTURE) and len(edits) > sealed and isinstance(edits[-1], NEW_PICTURE):
            return len(edits) - 1
        return None

    def seal(self) -> None:
        """What is in it is spoken of elsewhere: nothing is merged into it any more."""
        self.sealed = len(self.edits)

    def take_back_steps(self, count: int) -> list[Edit] | None:
        """Takes the last `count` steps out, and what was done between and after them: that is returned, to be
        done again. None, with nothing changed, where there are not so many. It may be left empty."""
        between: list[Edit] = []
        kept, left, remaining = len(self.edits), count, 0
        while left and kept and isinstance(last := self.edits[kept - 1], Steps | MoveTarget):
            kept -= 1
            if isinstance(last, MoveTarget):
                between.insert(0, last)
            else:
                remaining = max(last.count - left, 0)
                left -= last.count - remaining
        if left:
            return None
        self.cut(kept, remaining)
        self.sealed = min(self.sealed, len(self.edits))
        return between

    # a point in it: after so many edits, and so many steps of the next one

    def cut(self, edits: int, steps: int) -> None:
        """Forgets what comes after a point."""
        self.edits.cut(edits)
        if steps:
            self.edits.append(Steps(steps))

    @property
    def end(self) -> tuple[int, int]:
        """The point after everything that is in it."""
        if self.edits and isinstance(last := self.edits[-1], Steps):
            return len(self.edits) - 1, last.count
        return len(self.edits), 0

    def picture_count_to(self, edits: int, steps: int = 0) -> int:
        """How many pictures had been made at a point."""
        return self.edits.picture_count_to(edits) + steps

    def point_of(self, number: int) -> tuple[int, int]:
        """The point where its picture of that number, from 1, had just been made."""
        index, steps = self.edits.maker_of(number)
        return (index, steps) if isinstance(self.edits[index], Steps) else (index + 1, 0)
