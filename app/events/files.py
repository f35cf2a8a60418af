"""Sessions and pictures, in and out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.state import Question


@dataclass(frozen=True)
class OpenSession:
    """Opens a session file; the present session stays in its own file."""

    path: Path


@dataclass(frozen=True)
class SettleUnfinished:
    """The answer to the offer to resume the session that a crash left behind."""

    resume: bool


@dataclass(frozen=True)
class SaveSession:
    """Writes the session; None = where it was opened or last saved, else a new name."""

    path: Path | None = None


@dataclass(frozen=True)
class ExportPicture:
    """Writes the picture as PNG; None = a new name in the pictures folder."""

    path: Path | None = None


@dataclass(frozen=True)
class AskForFile:
    """Asks in a dialog for the file that another event needs; None = the dialog is open."""

    question: Question | None


FileEvent = OpenSession | SettleUnfinished | SaveSession | ExportPicture | AskForFile
