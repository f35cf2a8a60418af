"""What the window says to the drag worker (commands) and what it gets back (`WorkerFrame`). Frozen data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from app.history_state import HistoryView
from app.overlays import DragFacts
from app.picture_maker import nothing_to_hand_back
from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import Edit
from app.session.painted_mask import PaintedMask
from app.state import Quality
from app.worker_device import WorkerDevice
from gan.drag_params import DragParams
from render.overlays import LayerName

Point = tuple[float, float]


@dataclass(frozen=True)
class Begin:
    """The following edits and steps are one undoable unit."""

    label: str


@dataclass(frozen=True)
class Apply:
    """One edit. needs: a handle that was just put there: where that was refused, this is left out."""

    edit: Edit
    needs: int | None = None


@dataclass(frozen=True)
class Undo:
    """Takes the last unit back and stops the drag."""


@dataclass(frozen=True)
class Redo:
    """Does the unit that was undone last again and stops the drag."""


@dataclass(frozen=True)
class Cancel:
    """Takes the open unit back, for good, and stops the drag."""


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
class FeatureChoice:
    """block: its resolution, None = the drag's. channel: None = three principal components."""

    block: int | None = None
    channel: int | None = None


@dataclass(frozen=True)
class MapRequest:
    """What the overlays need beside the picture. start: the start's picture. similarity_of: a handle's id."""

    start: bool = False
    features: FeatureChoice | None = None
    similarity_of: int | None = None

    @property
    def names(self) -> tuple[LayerName, ...]:
        """The layers that are needed."""
        needed: dict[LayerName, bool] = {
            "start": self.start,
            "features": self.features is not None,
            "similarity": self.similarity_of is not None,
        }
        return tuple(name for name, is_needed in needed.items() if is_needed)


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
    """Starts from the latent in a file."""

    path: Path


Command = (
    Begin
    | Apply
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


@dataclass(frozen=True)
class HandleFrame:
    """One handle after a step, image px. confidence (0..1) is None until a step has measured it."""

    id: int
    handle: Point
    target: Point
    distance_px: float
    confidence: float | None = None


@dataclass(frozen=True)
class PassedStep:
    """Where handles were after a step of that number; begins: a person put them there, before it."""

    iteration: int
    places: tuple[tuple[int, Point], ...]  # handle id, image px
    begins: bool = False


@dataclass(frozen=True)
class MadeLayer:
    """One image for `Compositor.set_layer`. of: the handle that a similarity map belongs to."""

    name: LayerName
    image: Any
    of: int | None = None


@dataclass(frozen=True)
class Message:
    """One line for the status line. failed: it reports an error. details: where that came from."""

    text: str
    failed: bool = False
    details: str = ""


@dataclass(frozen=True)
class WorkerFrame:
    """The edit as it stands, on the host.

    serial: the last command that is contained in it. iteration: steps since the latest start. picture:
    (H, W, 3) uint8 or, where pictures stay on the GPU, a `render.device_image.DeviceImage`; None = the one
    taken last is still right or the new one is not ready. hand_back: to be called by whoever took a picture
    once it is uploaded, or refused: its memory may then be written to again. pictured: the handles as that
    picture has them, which may be some steps behind `handles`; pictured_serial: the last command that it
    contains; both filled in by the mailbox. picture_ms: what its synthesis took; is_preview: it is smaller
    than the full one; has_preview: the model has a faithful one. device_name: what computes.
    painted_mask: as `EditSession` has it, the same object while it does not change. losses: of the steps
    since the last taken frame. stalled: the steps gain nothing. session_file: where the session was opened
    or last saved, None = nowhere yet. messages: since the last taken frame, the newest last.
    session_iteration: the number of the last step, counted as `passed` does. passed: where the handles came
    since the last taken frame. layers: what overlays show, made since then. facts: for their controls.
    history: of the session; None = as before. session_text: for the clipboard, once.
    model_name, picture_size (width, height): of the session's generator; None = as before.
    """

    serial: int
    handles: tuple[HandleFrame, ...]
    iteration: int
    done: bool
    running: bool
    seed: int | None
    truncation_psi: float
    params: DragParams
    undo_label: str | None
    redo_label: str | None
    picture: Any = None
    hand_back: Callable[[], None] = nothing_to_hand_back
    pictured: tuple[HandleFrame, ...] = ()
    pictured_serial: int = 0
    picture_ms: float = 0.0
    is_preview: bool = False
    has_preview: bool = False
    device_name: str = "processor"
    painted_mask: PaintedMask | None = None
    losses: tuple[float, ...] = field(default=())
    step_ms: float = 0.0
    stalled: bool = False
    session_file: Path | None = None
    messages: tuple[Message, ...] = ()
    history: HistoryView | None = None
    session_text: str | None = None
    model_name: str | None = None
    model_sha256: str | None = None
    picture_size: tuple[int, int] | None = None
    session_iteration: int = 0
    passed: tuple[PassedStep, ...] = ()
    layers: tuple[MadeLayer, ...] = ()
    facts: DragFacts | None = None
