"""`Bookmarks`: pictures of a session that have a name, in the order in which they were given one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from app.session.logged_drag import LoggedDrag
from gan.errors import EditError

NAME_LIMIT = 60


class Bookmark(msgspec.Struct, frozen=True):
    """position: of the picture, see `app.session.history_log`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LIMIT)]
    position: Annotated[int, msgspec.Meta(ge=0)]


class Bookmarks:
    """Of the pictures of a drag. Names are unique. Not undone with the edits: who marks a picture wants to
    find it again after an undo."""

    def __init__(self, logged: LoggedDrag) -> None:
        self._logged = logged
        self._kept: list[Bookmark] = []

    def __iter__(self) -> Iterator[Bookmark]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def adopt(self, bookmarks: Iterable[Bookmark], position_count: int) -> None:
        """Those of a file, as far as their pictures and names hold."""
        for bookmark in bookmarks:
            if bookmark.position < position_count and not self._has(bookmark.name):
                self._kept.append(bookmark)

    def add(self, name: str, position: int | None = None) -> None:
        """A new one, of the picture of that position, None = the present one: it stays what it is. Raises
        EditError for a name that is in use, empty or too long."""
        checked = self._checked(name)
        with self._logged.lock:
            self._kept.append(Bookmark(checked, self._logged.position if position is None else position))
            self._logged.log.seal()

    def rename(self, old: str, new: str) -> None:
        """Another name. Raises EditError."""
        index = self._index_of(old)
        if new.strip() == old:
            return
        renamed = Bookmark(self._checked(new), self._kept[index].position)
        with self._logged.lock:
            self._kept[index] = renamed

    def remove(self, name: str) -> None:
        """Takes a name away; the picture stays. Raises EditError where there is none of that name."""
        index = self._index_of(name)
        with self._logged.lock:
            del self._kept[index]

    def drop_from(self, position: int) -> None:
        """Takes away those of that position and later ones: these pictures are lost."""
        self._kept = [bookmark for bookmark in self._kept if bookmark.position < position]

    def position_of(self, name: str) -> int:
        """Of the picture of that name. Raises EditError."""
        return self._kept[self._index_of(name)].position

    def any_from(self, position: int) -> bool:
        """Whether a picture from that position on has a name."""
        return any(bookmark.position >= position for bookmark in self._kept)

    def free_name(self) -> str:
        """'Bookmark 1', or the next number that is free."""
        return next(name for i in range(1, len(self._kept) + 2) if not self._has(name := f"Bookmark {i}"))

    def _has(self, name: str) -> bool:
        return any(bookmark.name == name for bookmark in self._kept)

    def _index_of(self, name: str) -> int:
        for i, bookmark in enumerate(self._kept):
            if bookmark.name == name:
                return i
        raise EditError(f"there is no bookmark '{name}'; there are {[b.name for b in self._kept]}")

    def _checked(self, name: str) -> str:
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_LIMIT:
            raise EditError(f"a bookmark's name has 1 to {NAME_LIMIT} letters, this one {len(name)}")
        if self._has(name):
            raise EditError(f"there is a bookmark '{name}' already; give another name")
        return name
