"""`Command`: what the window says to the drag worker. Frozen data; `app.worker_commands` does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.map_request import MapRequest
from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import Edit
from app.state import Quality
from app.worker_device import WorkerDevice


@dataclass(frozen=True)
class Begin:
    """The following edits and steps are one undoable unit."""

    label: str


@dataclass(frozen=True)
class Apply:
    """One edit."""

    edit: Edit


@dataclass(frozen=True)
class LetGo:
    """The handle that was grabbed before this one, which has just been put there, goes: one hand pulls one
    point at a time. It stays where this one was refused. Which it is the session knows: an undo that it is
    still to do may change it."""

    handle: int


@dataclass(frozen=True)
class Undo:
    """Takes the last unit back and stops the drag."""


@dataclass(frozen=True)
class Redo:
    """Does the unit that was undone last again and stops the drag."""


@dataclass(frozen=True)
class Cancel:
    """Takes the open unit back, for good, and stops the drag. quietly: the status says something else."""

    quietly: bool = False


@dataclass(frozen=True)
class SetRunning:
    """Starts or stops the drag. hold: stay running when all handles have arrived (the mouse may move on).
    handle: the one that the hand has put there for it: where that was refused nothing starts.
    """

    on: bool
    hold: bool = False
    handle: int | None = None


@dataclass(frozen=True)
class SetQuality:
    """Which pictures are made while the mouse moves."""

    quality: Quality


@dataclass(frozen=True)
class SetMaps:
    """From now on these maps are made; those in the window's hands are made anew when they change."""

    request: MapRequest


@dataclass(frozen=True)
class StepOnce:
    """One drag step."""


@dataclass(frozen=True)
class OpenSession:
    """Replays a session to its end; it takes the place of the present one, which keeps its own file.

    name: for messages. path: where it is saved again, None = saving asks for a new file. damage: what of it
    could not be read, if anything. unfinished: the file that a crash left behind, which is offered at every
    start until the session is open.
    """

    document: SessionDocument
    name: str
    path: Path | None = None
    damage: str | None = None
    unfinished: Path | None = None


@dataclass(frozen=True)
class CopySession:
    """The next frame holds the session as text for the clipboard."""


@dataclass(frozen=True)
class ViewPicture:
    """Shows an earlier picture, without changing anything; None = the present one again."""

    position: int | None


@dataclass(frozen=True)
class ReturnToPicture:
    """Everything is as it was at an earlier picture."""

    position: int


@dataclass(frozen=True)
class AddBookmark:
    """Gives a name to the picture that is shown; None = a free one."""

    name: str | None = None


@dataclass(frozen=True)
class RenameBookmark:
    """Another name for a bookmark."""

    old: str
    new: str


@dataclass(frozen=True)
class RemoveBookmark:
    """Forgets a bookmark's name; its picture stays."""

    name: str


@dataclass(frozen=True)
class BlendBookmarks:
    """The picture between two bookmarks: share 0 is the first, 1 the second."""

    first: str
    second: str
    share: float


HistoryCommand = (
    ViewPicture | ReturnToPicture | AddBookmark | RenameBookmark | RemoveBookmark | BlendBookmarks
)


@dataclass(frozen=True)
class UseSession:
    """Another session takes the place of the present one, with its own generator on its own device."""

    session: EditSession
    device: WorkerDevice = field(default_factory=WorkerDevice)


@dataclass(frozen=True)
class SaveSession:
    """Writes the session file."""

    path: Path


ExportKind = Literal["picture", "sheet", "latent", "mask", "all"]


@dataclass(frozen=True)
class Export:
    """Writes a part of the edit, or all of it into a folder.

    mark: pictures carry the visible mark. picture_suffix: kind of the pictures among all.
    """

    what: ExportKind
    path: Path
    mark: bool = True
    picture_suffix: str = ".png"


@dataclass(frozen=True)
class StartFromFile:
    """Starts from the latent in a file, without handles."""

    path: Path


Command = (
    Begin
    | Apply
    | LetGo
    | Undo
    | Redo
    | Cancel
    | SetRunning
    | SetQuality
    | SetMaps
    | StepOnce
    | OpenSession
    | CopySession
    | HistoryCommand
    | UseSession
    | SaveSession
    | Export
    | StartFromFile
)
