"""The errors of app/ itself, in the same form as gan's: one line for a person."""

from __future__ import annotations

from gan.errors import LiveDragError


class OutputError(LiveDragError):
    """A picture, video or folder cannot be written."""


class UsageError(LiveDragError):
    """The command line asks for something that does not go together."""


class TaskCancelled(LiveDragError):  # noqa: N818, it is no error
    """Long work was given up by a person: no failure, and nothing has changed."""
