"""The errors of app/ itself, in the same form as gan's: one line for a person."""

from __future__ import annotations

import traceback

from gan.errors import LiveDragError


class OutputError(LiveDragError):
    """A picture, video or folder cannot be written."""


class UsageError(LiveDragError):
    """The command line asks for something that does not go together."""


class TaskCancelled(LiveDragError):  # noqa: N818, it is no error
    """Long work was given up by a person: no failure, and nothing has changed."""


def details_of(error: BaseException) -> str:
    """Where an error came from, for people who report it."""
    return "".join(traceback.format_exception(error)).strip()
