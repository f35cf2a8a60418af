"""Notices about what went wrong, and long work that goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DismissNotice:
    """Takes a notice away; it stays in the list. None = all of them."""

    notice_id: int | None = None


@dataclass(frozen=True)
class ToggleNotices:
    """Opens or closes the list of the last notices."""


@dataclass(frozen=True)
class CancelTask:
    """Gives up long work (see `app.task_board`); None = what began last."""

    task_id: int | None = None


NoticeEvent = DismissNotice | ToggleNotices
TaskEvent = CancelTask
