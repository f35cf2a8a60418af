"""`HistoryViewer`: the worker's part of the timeline: shows earlier pictures, returns to them, keeps
bookmarks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from app.drag_progress import DragProgress
from app.drag_run import DragRun
from app.exported_edit import EarlierEdit, ExportedEdit
from app.history_state import BookmarkView, HistoryView, UnitMark
from app.picture_feed import PictureFeed
from app.session.edit_session import EditSession
from app.session.edited_drag import EditedDrag
from app.session.edits import Blend
from app.session.history_log import Place
from app.session.kept_states import KeptState
from app.session.recall import drag_at
from app.window_commands import (
    AddBookmark,
    BlendBookmarks,
    HistoryCommand,
    RemoveBookmark,
    RenameBookmark,
    ReturnToPicture,
    ViewPicture,
)


class _NotWanted(Exception):  # noqa: N818, it is no error
    """The worker has something better to do."""


class HistoryViewer:
    """Used by the drag worker's thread. Looking changes nothing; the first edit returns to what is looked
    at."""

    def __init__(self, run: DragRun, feed: PictureFeed) -> None:
        self._run = run
        self._feed = feed
        run.releases.append(self._release)
        self._drag: EditedDrag | None = None  # a second one, so that the session's own stays as it is
        self._session: EditSession | None = None  # that `_drag` is of
        self._viewed: int | None = None
        self._shown = 0
        self._structure: tuple[object, ...] = ()
        self._path: tuple[tuple[int, int], ...] = ()
        self._marks: tuple[UnitMark, ...] = ()
        self.progress = DragProgress()  # of what is looked at

    @property
    def looked_at(self) -> EditedDrag | None:
        """What is looked at in place of the session's present state."""
        return self._drag if self._viewed is not None and self._session is self._run.session else None

    @property
    def place(self) -> Place:
        """Where in the log what is shown is."""
        session = self._run.session
        if self.looked_at is None or self._viewed is None:
            return session.place
        return session.log.place_of(self._viewed)

    @property
    def is_unfinished(self) -> bool:
        """Whether a neighbour is shown, and the picture itself is still to be made again."""
        return self.looked_at is not None and self._shown != self._viewed

    def execute(self, command: HistoryCommand) -> str | None:
        """Does it; what the status line is to say. Raises EditError."""
        run, session = self._run, self._run.session
        match command:
            case ViewPicture(position=None):
                self.leave()
            case ViewPicture(position=int(position)):
                self._view(position)
            case ReturnToPicture():
                run.stop()
                session.return_to(command.position)
                self.leave()
                run.note_gone_back()
                return f"Going on from picture {command.position}"
            case AddBookmark():
                name = command.name or session.bookmarks.free_name()
                session.bookmarks.add(name, self._viewed if self.looked_at is not None else None)
                run.note_saved_change()
                return f"Bookmarked as {name}"
            case RenameBookmark():
                session.bookmarks.rename(command.old, command.new)
                run.note_saved_change()
            case RemoveBookmark():
                session.bookmarks.remove(command.name)
                run.note_saved_change()
                return f"Removed the bookmark {command.name}; its picture stays in the timeline"
            case BlendBookmarks():
                run.stop()
                marks = session.bookmarks
                first, second = marks.position_of(command.first), marks.position_of(command.second)
                session.apply(Blend(first, second, command.share))
                self.leave()
                self._feed.choice.note_move()
                run.note_edit(picture=True)
        return None

    def shown(self) -> ExportedEdit:
        """What is on the screen, exactly: the session, or the picture that is looked at. See
        `EditSession.asking`."""
        session = self._run.session
        if self.looked_at is None or self._viewed is None:
            return session
        self._make_again(self._viewed)
        assert self._drag is not None
        return EarlierEdit(self._drag, session, self._viewed)

    def settle(self) -> None:
        """An edit is coming: it goes on from what is looked at. See `EditSession.asking`."""
        if self.looked_at is not None and self._viewed is not None:
            self._run.session.return_to(self._viewed)
            self.leave()  # now: where that is given up, the edit must not go on from the present picture
            self._run.note_edit(picture=True)

    def leave(self) -> None:
        """The present picture again."""
        if self._viewed is not None:
            self._viewed = None
            self._feed.choice.note_change()

    def refine(self, give_up: Callable[[], bool]) -> None:
        """Makes the picture that is looked at again, step for step, unless `give_up` says that it is not
        wanted any more."""

        def before_step(_share: float) -> None:
            if give_up():
                raise _NotWanted

        if self._viewed is not None:
            with suppress(_NotWanted), self._run.session.asking(before_step):
                self._make_again(self._viewed)

    def view(self) -> HistoryView:
        """For the window."""
        session = self._run.session
        log = session.log
        structure = (id(session), len(log.units), session.place[:2], log.now, session.position_count > 1)
        if structure != self._structure:
            self._structure = structure
            self._path = tuple(log.pictures_to(session.place))
            self._marks = tuple(
                UnitMark(unit.first_position, unit.label)
                for unit in log.units[1:]
                if unit.picture_count_to(len(unit.edits))
            )
        else:
            self._path = (*self._path[:-1], (self._path[-1][0], session.position))
        looking = self.looked_at is not None
        return HistoryView(
            count=session.position_count,
            now=session.position,
            viewed=self._viewed if looking else None,
            shown=self._shown if looking else session.position,
            path=self._path,
            marks=self._marks,
            bookmarks=tuple(BookmarkView(mark.name, mark.position) for mark in session.bookmarks),
        )

    def _make_again(self, position: int) -> None:
        self._show(position, self._run.session.state_at(position))

    def _release(self) -> None:
        """Its drag's share of a device whose memory is full."""
        if self._drag is not None:
            self._drag.session.release()

    def _view(self, position: int) -> None:
        session = self._run.session
        if position == session.position:
            self.leave()
            return
        nearest, state = session.nearest_state(position)
        self._run.stop()
        self._viewed = position
        self._show(nearest, state)
        self._feed.choice.note_move()

    def _show(self, position: int, state: KeptState) -> None:
        session = self._run.session
        if self._drag is None or self._session is not session:
            self._drag, self._session = drag_at(state, session.generator), session
        self._drag.look_at(state)
        self._shown = position
        self.progress.note_change()
        self._feed.choice.note_change()
