"""`GivenUp`: which waiting commands are given up with the one that a person gave up."""

from __future__ import annotations

from app.window_commands import (
    Apply,
    Begin,
    BlendBookmarks,
    Cancel,
    Command,
    LetGo,
    OpenSession,
    Redo,
    ReturnToPicture,
    SetRunning,
    StartFromFile,
    StepOnce,
    Undo,
    UseSession,
    ViewPicture,
)

EDITS = (Apply, LetGo, StepOnce, StartFromFile)  # they mean what is on the screen
LEADS_ELSEWHERE = (ViewPicture, ReturnToPicture, BlendBookmarks, OpenSession, UseSession)


class GivenUp:
    """Going back to an earlier picture was given up. What was sent until then was sent for that: further
    edits of the earlier picture, further undos. What was sent since is meant as it is."""

    def __init__(self) -> None:
        self._until = 0  # serial of the last command that was sent for it
        self._for_edit = False

    def note(self, sent_serial: int, for_edit: bool) -> None:
        """sent_serial: of the last command so far. for_edit: it went back to be edited there; else edits mean
        the picture that is still on the screen."""
        self._until, self._for_edit = sent_serial, for_edit

    def takes(self, command: Command, serial: int) -> bool:
        """Whether it is given up too. Asked of every command, in order."""
        if serial > self._until:
            return False
        is_own = is_edit(command) or isinstance(command, Begin | Cancel)
        if isinstance(command, LEADS_ELSEWHERE) or (is_own and not self._for_edit):
            self._until = 0  # an undo that comes behind it means it
            return False
        return is_own or isinstance(command, Undo | Redo)


def is_edit(command: Command) -> bool:
    """Whether it goes on from the picture that is shown."""
    return isinstance(command, EDITS) or (isinstance(command, SetRunning) and command.on)
