"""The timeline and the bookmarks. Positions count the session's pictures, see `app.session.history_log`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewPicture:
    """Looks at an earlier picture; None = the present one again."""

    position: int | None


@dataclass(frozen=True)
class ViewNext:
    """Looks at the next (+1) or previous (-1) picture."""

    by: int


@dataclass(frozen=True)
class GoOnFromHere:
    """Returns to the picture that is looked at."""


@dataclass(frozen=True)
class AddBookmark:
    """Gives a name to the picture that is looked at; it can be changed in the panel."""


@dataclass(frozen=True)
class RenameBookmark:
    """Another name."""

    old: str
    new: str


@dataclass(frozen=True)
class RemoveBookmark:
    """Forgets the name; the picture stays in the timeline."""

    name: str


@dataclass(frozen=True)
class JumpToBookmark:
    """Looks at a bookmark's picture."""

    name: str


@dataclass(frozen=True)
class BlendBookmarks:
    """The picture between two bookmarks: share 0 is the first, 1 the second."""

    first: str
    second: str
    share: float


HistoryEvent = (
    ViewPicture
    | ViewNext
    | GoOnFromHere
    | AddBookmark
    | RenameBookmark
    | RemoveBookmark
    | JumpToBookmark
    | BlendBookmarks
)
