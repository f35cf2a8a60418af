"""`ClosingDesk`: the window's end. What is still being written is finished first, or given up knowingly.

Saved sessions need no question: the edit is written as it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app import events
from app.editor import Editor
from app.state import AppState, Status

NAMED_COUNT = 5  # of files that wait: all of them would push the answers out of the window


class ClosingDesk:
    """Asks where closing at once would lose a file; waits where that was answered, or only a recording has to
    be finished. An error in what it waited for keeps the window open: else nobody would see it."""

    def __init__(self, state: AppState, editor: Editor, apply: Callable[[events.Event], None]) -> None:
        """apply: what applies any other event."""
        self._state = state
        self._editor = editor
        self._apply = apply
        self._notices_before = (0, 0)  # the last notice when the window was to close

    def apply(self, event: events.CloseWindow) -> None:
        """Applies one event."""
        state = self._state
        match event.how:
            case "at_once":
                self._editor.give_up_exports()
                state.closing = True
            case "stay":
                state.dialogs.unwritten = ()
                state.closes_when_written = False
            case "finish":
                self._remember_notices()
                self._finish()
            case "ask":
                self._remember_notices()
                state.dialogs.unwritten = self.unwritten()
                if not state.dialogs.unwritten:
                    self._finish()

    def follow(self) -> None:
        """Once a frame: whether it is time."""
        state = self._state
        if not (state.closes_when_written or state.dialogs.unwritten):
            return
        unwritten = self.unwritten()
        if state.dialogs.unwritten:
            state.dialogs.unwritten = unwritten
            if not unwritten and not state.closes_when_written:  # it was written while the question stood
                self._finish()
        if not state.closes_when_written or unwritten or state.recording is not None:
            return
        state.closing = self._last_notice == self._notices_before
        state.closes_when_written = False

    def unwritten(self) -> tuple[str, ...]:
        """The files that would not be there if the window closed now."""
        rendering = self._state.rendering
        movie = () if rendering is None else (rendering.path.name,)
        return (*self._editor.exporting, *movie)

    def _finish(self) -> None:
        """Closes, as soon as everything is written."""
        state = self._state
        if state.recording is not None and not state.recording.finishing:
            self._apply(events.ToggleRecording())
        state.dialogs.unwritten, state.closes_when_written = (), True
        self.follow()
        if state.closes_when_written:  # it has not closed, and no error keeps it open
            recording = () if state.recording is None else (state.recording.path.name,)
            names = ", ".join(first_few((*self.unwritten(), *recording)))
            state.status = Status(f"Closing as soon as this is written: {names}", "busy")

    def _remember_notices(self) -> None:
        state = self._state
        if not (state.closes_when_written or state.dialogs.unwritten):
            self._notices_before = self._last_notice

    @property
    def _last_notice(self) -> tuple[int, int]:
        """Its id, and how often it was told: an error that comes again is the same notice."""
        notices = self._state.window.notices
        return (notices[-1].id, notices[-1].count) if notices else (0, 0)


def first_few(names: Sequence[str]) -> tuple[str, ...]:
    """The names, or the first of them and how many more there are."""
    if len(names) <= NAMED_COUNT:
        return tuple(names)
    return (*names[: NAMED_COUNT - 1], f"and {len(names) - NAMED_COUNT + 1} more")
