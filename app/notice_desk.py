"""`NoticeDesk`: errors become notices that stay until they are dismissed; the last ones stay in a list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app import events
from app.state import AppState
from app.window_state import Notice

OPEN_COUNT = 3  # over the picture at a time; older ones are in the list
KEPT_COUNT = 50


class NoticeDesk:
    """Watches the status line: whatever is said there as an error is a notice too."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def apply(self, event: events.NoticeEvent) -> None:
        """Applies one event."""
        window = self._state.window
        match event:
            case events.DismissNotice():
                window.open_notices = tuple(
                    n for n in window.open_notices if event.notice_id not in (None, n.id)
                )
            case events.ToggleNotices():
                window.show_notices = not window.show_notices

    def follow(self) -> None:
        """Once a frame; there may have been several."""
        for error in self._state.take_errors():
            self.add(error.text, error.details)

    def add(self, text: str, details: str = "", tone: str = "error") -> None:
        """A new notice; the same one again is counted, not repeated."""
        window = self._state.window
        newest = window.notices[-1] if window.notices else None
        if newest is not None and newest in window.open_notices and newest.text == text:
            again = replace(newest, count=newest.count + 1)
            window.notices = (*window.notices[:-1], again)
            window.open_notices = tuple(again if n.id == again.id else n for n in window.open_notices)
            return
        number = newest.id + 1 if newest is not None else 1
        notice = Notice(number, text, details, tone, f"{datetime.now():%H:%M:%S}")
        window.notices = (*window.notices, notice)[-KEPT_COUNT:]
        window.open_notices = (*window.open_notices, notice)[-OPEN_COUNT:]
