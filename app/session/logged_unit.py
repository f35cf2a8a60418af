"""`LoggedUnit`: what one undo takes back: its edits, as they merge, and where in them pictures were made."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.session.edits import Blend, Edit, MoveTarget, StartFromLatent, StartFromSeed, Steps

NEW_PICTURE = (StartFromSeed, StartFromLatent, Blend)


@dataclass
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
    edits: list[Edit] = field(default_factory=list[Edit])
    sealed: int = 0

    def append(self, edit: Edit, keeps_last: bool = False) -> int:
        """Adds an edit; how many pictures there are more then. keeps_last: it does not take the place of
        another one."""
        replaced = append_merged(self.edits, edit, len(self.edits) if keeps_last else self.sealed)
        return 0 if replaced else picture_count(edit)

    def seal(self) -> None:
        """What is in it is spoken of elsewhere: nothing is merged into it any more."""
        self.sealed = len(self.edits)

    def take_back_steps(self, count: int) -> list[Edit] | None:
        """Takes the last `count` steps out, and what was done between and after them: that is returned, to be
        done again. None, with nothing changed, where there are not so many. It may be left empty."""
        between: list[Edit] = []
        edits = list(self.edits)
        left = count
        while left and edits and isinstance(last := edits.pop(), Steps | MoveTarget):
            if isinstance(last, MoveTarget):
                between.insert(0, last)
                continue
            if last.count > left:
                edits.append(Steps(last.count - left))
            left -= min(last.count, left)
        if left:
            return None
        self.edits, self.sealed = edits, min(self.sealed, len(edits))
        return between

    # a point in it: after so many edits, and so many steps of the next one

    def cut(self, edits: int, steps: int) -> None:
        """Forgets what comes after a point."""
        self.edits[edits:] = [Steps(steps)] if steps else []

    @property
    def end(self) -> tuple[int, int]:
        """The point after everything that is in it."""
        if self.edits and isinstance(last := self.edits[-1], Steps):
            return len(self.edits) - 1, last.count
        return len(self.edits), 0

    def picture_count_to(self, edits: int, steps: int = 0) -> int:
        """How many pictures had been made at a point."""
        return sum(picture_count(edit) for edit in self.edits[:edits]) + steps

    def point_of(self, number: int) -> tuple[int, int]:
        """The point where its picture of that number, from 1, had just been made."""
        left = number
        for i, edit in enumerate(self.edits):
            count = picture_count(edit)
            if left <= count:
                return (i, left) if isinstance(edit, Steps) else (i + 1, 0)
            left -= count
        raise AssertionError("positions are counted wrongly")


def picture_count(edit: Edit) -> int:
    """How many pictures an edit makes."""
    if isinstance(edit, Steps):
        return edit.count
    return 1 if isinstance(edit, NEW_PICTURE) else 0


def append_merged(edits: list[Edit], edit: Edit, sealed: int = 0) -> bool:
    """Appends an edit; steps add up, of a target's moves with no step between only the last is kept, and of
    pictures that follow each other at once likewise. The first `sealed` edits stay as they are.

    Returns whether the edit has taken the place of another one.
    """
    last = edits[-1] if edits else None
    if isinstance(edit, Steps) and isinstance(last, Steps):
        edits[-1] = Steps(last.count + edit.count)
        return False
    if isinstance(edit, MoveTarget):
        for i in range(len(edits) - 1, sealed - 1, -1):
            earlier = edits[i]
            if not isinstance(earlier, MoveTarget):
                break
            if earlier.id == edit.id:
                edits[i] = edit
                return True
    if isinstance(edit, NEW_PICTURE) and isinstance(last, NEW_PICTURE) and len(edits) > sealed:
        edits[-1] = edit
        return True
    edits.append(edit)
    return False
