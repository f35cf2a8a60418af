"""Sessions in and out, and the questions for files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.state import Question

AboutUnfinished = Literal["resume", "later", "put_away"]


@dataclass(frozen=True)
class OpenSession:
    """Opens a session file; the present session stays in its own file."""

    path: Path


@dataclass(frozen=True)
class SettleUnfinished:
    """The answer to the offer to resume the session that a crash left behind. later: at the next start it is
    offered again. put_away: it is kept among the saved sessions and not offered again."""

    answer: AboutUnfinished


@dataclass(frozen=True)
class OfferUnfinished:
    """Offers the newest session that was not closed, whatever was answered before."""


@dataclass(frozen=True)
class SaveSession:
    """Writes the session; None = where it was opened or last saved, else a new name."""

    path: Path | None = None


@dataclass(frozen=True)
class SaveSessionAs:
    """Asks for a name to save the session under."""


@dataclass(frozen=True)
class CopySession:
    """The session as text into the clipboard."""


@dataclass(frozen=True)
class AskPaste:
    """Opens the session whose text is in the clipboard."""


@dataclass(frozen=True)
class PasteSession:
    """Opens a session from its text."""

    text: str


@dataclass(frozen=True)
class DialogOpened:
    """The window has done what `AppState.dialogs` asked for."""


@dataclass(frozen=True)
class FindModel:
    """Where the model is that a session waits for; None = the session is not opened."""

    path: Path | None


@dataclass(frozen=True)
class AskForFile:
    """Asks in a dialog for the file that another event needs; None = the dialog is open."""

    question: Question | None


FileEvent = AskForFile
SessionEvent = (
    OpenSession
    | SettleUnfinished
    | OfferUnfinished
    | SaveSession
    | SaveSessionAs
    | CopySession
    | AskPaste
    | PasteSession
    | DialogOpened
    | FindModel
)
