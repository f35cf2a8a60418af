"""`HistoryDesk`: applies the events about earlier pictures and bookmarks."""

from __future__ import annotations

from dataclasses import replace

from app import events
from app import window_commands as commands
from app.editor import Editor
from app.keys import KeyMap
from app.pointer import Pointer
from app.state import AppState, Status
from gan.errors import EditError


class HistoryDesk:
    """Between the timeline, the bookmarks and the editor."""

    def __init__(self, state: AppState, editor: Editor, pointer: Pointer, keys: KeyMap) -> None:
        self._state = state
        self._editor = editor
        self._pointer = pointer
        self._keys = keys
        self._last_blend: tuple[str, str, int] | None = None  # its bookmarks, and the command that it sent

    def apply(self, event: events.HistoryEvent) -> None:
        """Applies one event. Raises EditError for a bookmark that is not there."""
        history, editor = self._state.history, self._editor
        match event:
            case events.ViewPicture():
                self._view(event.position)
            case events.ViewNext():
                self._view(history.view.at + event.by)
            case events.GoOnFromHere():
                if history.view.viewed is not None:
                    editor.history(commands.ReturnToPicture(history.view.viewed))
            case events.AddBookmark():
                editor.history(commands.AddBookmark())
            case events.RenameBookmark():
                editor.history(commands.RenameBookmark(event.old, event.new))
            case events.RemoveBookmark():
                editor.history(commands.RemoveBookmark(event.name))
            case events.JumpToBookmark():
                bookmark = history.view.bookmark(event.name)
                if bookmark is None:
                    raise EditError(f"there is no bookmark '{event.name}'")
                self._view(bookmark.position)
            case events.BlendBookmarks():
                self._blend(event)

    def _view(self, position: int | None) -> None:
        """Shown in the timeline at once; the picture follows."""
        self._pointer.let_go()
        view = self._state.history.view
        if position is not None:
            position = min(max(position, 0), view.count - 1)
            position = None if position == view.now else position
        if position == view.viewed:
            return
        self._state.history.view = replace(view, viewed=position)
        self._state.running = False
        self._editor.history(commands.ViewPicture(position))
        if position is None:
            self._state.status = Status("The present picture")
        else:
            hint = self._keys.hint("go_on_from_here")
            self._state.status = Status(f"Looking back: pull at this picture, or go on from here{hint}")

    def _blend(self, event: events.BlendBookmarks) -> None:
        """Moves of the slider are one undoable unit."""
        if event.first == event.second:
            hint = self._keys.hint("bookmark")
            raise EditError(f"a blend needs two different bookmarks; mark another picture{hint}")
        self._pointer.let_go()
        history = self._state.history
        history.blend_first, history.blend_second = event.first, event.second
        history.blend_share = event.share
        if self._last_blend != (event.first, event.second, self._editor.sent_serial):
            self._editor.begin(f"blend {event.first} and {event.second}")
        self._editor.history(commands.BlendBookmarks(event.first, event.second, event.share))
        self._last_blend = (event.first, event.second, self._editor.sent_serial)
        share = event.share
        self._state.status = Status(f"{event.first} {1 - share:.0%}, {event.second} {share:.0%}")
