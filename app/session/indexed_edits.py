"""`IndexedEdits`: a unit's edits, and what is asked of them while they are made.

A long pull has tens of thousands, and the window asks in every frame: no answer goes through them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import overload

from app.session.edits import Blend, Edit, StartFromLatent, StartFromSeed, Steps

NEW_PICTURE = (StartFromSeed, StartFromLatent, Blend)


class IndexedEdits(Sequence[Edit]):
    """A list that is changed near its end only."""

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        self._edits: list[Edit] = []
        self._made = [0]  # pictures made by the first 0, 1, 2 ... edits
        self._places: dict[type, list[int]] = {}  # of the edits of a kind, in order
        for edit in edits:
            self.append(edit)

    @overload
    def __getitem__(self, index: int) -> Edit: ...
    @overload
    def __getitem__(self, index: slice) -> list[Edit]: ...
    def __getitem__(self, index: int | slice) -> Edit | list[Edit]:
        return self._edits[index]

    def __len__(self) -> int:
        return len(self._edits)

    def append(self, edit: Edit) -> None:
        """One more, the last."""
        self._places.setdefault(type(edit), []).append(len(self._edits))
        self._edits.append(edit)
        self._made.append(self._made[-1] + picture_count(edit))

    def replace(self, index: int, edit: Edit) -> None:
        """Another edit in the place of one: it takes as long as there are edits behind it."""
        old, self._edits[index] = self._edits[index], edit
        if type(old) is not type(edit):
            self._places[type(old)].remove(index)
            insort(self._places.setdefault(type(edit), []), index)
        more = picture_count(edit) - picture_count(old)
        if more:
            for i in range(index + 1, len(self._made)):
                self._made[i] += more

    def cut(self, count: int) -> None:
        """Keeps the first `count`."""
        del self._edits[count:], self._made[count + 1 :]
        for places in self._places.values():
            del places[bisect_left(places, count) :]

    def picture_count_to(self, count: int) -> int:
        """How many pictures the first `count` edits made."""
        return self._made[count]

    def maker_of(self, number: int) -> tuple[int, int]:
        """The edit that made the picture of that number, from 1: where it is, and the how manieth of its
        own pictures that is, from 1."""
        assert 1 <= number <= self._made[-1], "positions are counted wrongly"
        index = bisect_left(self._made, number) - 1
        return index, number - self._made[index]

    def last_of(self, kinds: tuple[type, ...], before: int, first: int = 0) -> int | None:
        """Where the last edit of these kinds is, of those from `first` to `before`, which does not count;
        None where there is none."""
        of_kinds = (self._places.get(kind, ()) for kind in kinds)
        last = max((places[i - 1] for places in of_kinds if (i := bisect_left(places, before))), default=-1)
        return last if last >= first else None


def picture_count(edit: Edit) -> int:
    """How many pictures an edit makes."""
    if isinstance(edit, Steps):
        return edit.count
    return 1 if isinstance(edit, NEW_PICTURE) else 0
