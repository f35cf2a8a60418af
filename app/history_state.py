"""What the window knows of the session's history: positions and names, no latents and no widgets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class BookmarkView:
    """A picture that has a name."""

    name: str
    position: int


@dataclass(frozen=True)
class UnitMark:
    """Where an undoable unit made its first picture, and what it is called."""

    position: int
    label: str


@dataclass(frozen=True)
class HistoryView:
    """All pictures of the session, 0 to count - 1 (see `app.session.history_log`).

    now: the present one. viewed: the earlier one that is looked at, None = the present one. shown: the one
    that is on the screen; it differs from `viewed` while that is being made again. path: runs (first, last)
    of the pictures that led to `now`; the others had been undone or left behind.
    """

    count: int = 1
    now: int = 0
    viewed: int | None = None
    shown: int = 0
    path: tuple[tuple[int, int], ...] = ((0, 0),)
    marks: tuple[UnitMark, ...] = ()
    bookmarks: tuple[BookmarkView, ...] = ()

    @property
    def at(self) -> int:
        """The picture that is looked at."""
        return self.now if self.viewed is None else self.viewed

    def pictures_since(self, position: int) -> int | None:
        """How many pictures were made after that one on the way to the present one; None: it is not on it."""
        if not any(first <= position <= last for first, last in self.path):
            return None
        return sum(max(last - max(first, position + 1) + 1, 0) for first, last in self.path)

    def bookmark(self, name: str) -> BookmarkView | None:
        """The bookmark of that name."""
        return next((bookmark for bookmark in self.bookmarks if bookmark.name == name), None)

    def label_at(self, position: int) -> str:
        """The unit in which a picture was made."""
        made = [mark.label for mark in self.marks if mark.position <= position]
        return made[-1] if made else "start"


@dataclass
class HistoryState:
    """view: from the worker. blend: what the blend slider holds: two bookmarks and the share of the
    second."""

    view: HistoryView = field(default_factory=HistoryView)
    blend_first: str = ""
    blend_second: str = ""
    blend_share: float = 0.5
