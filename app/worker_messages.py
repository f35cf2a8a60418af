"""What the window says to the drag worker (commands) and what it gets back (`WorkerFrame`). Frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.session.edit_session import EditSession
from app.session.edits import Edit
from app.session.painted_mask import PaintedMask
from gan.drag_params import DragParams

Point = tuple[float, float]


@dataclass(frozen=True)
class Begin:
    """The following edits and steps are one undoable unit."""

    label: str


@dataclass(frozen=True)
class Apply:
    """One edit."""

    edit: Edit


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
    """Starts or stops the drag. hold: stay running when all handles have arrived (the mouse may move on)."""

    on: bool
    hold: bool = False


@dataclass(frozen=True)
class StepOnce:
    """One drag step."""


@dataclass(frozen=True)
class OpenSession:
    """Replays a session file to its end; it takes the place of the present one."""

    path: Path


@dataclass(frozen=True)
class UseSession:
    """Another session takes the place of the present one, with its own generator."""

    session: EditSession


@dataclass(frozen=True)
class SaveSession:
    """Writes the session file."""

    path: Path


@dataclass(frozen=True)
class ExportPicture:
    """Writes the present picture as PNG."""

    path: Path


Command = (
    Begin
    | Apply
    | Undo
    | Redo
    | Cancel
    | SetRunning
    | StepOnce
    | OpenSession
    | UseSession
    | SaveSession
    | ExportPicture
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
class WorkerFrame:
    """The edit as it stands, on the host.

    serial: the last command that is contained in it. picture: (H, W, 3) uint8, None = the one taken last is
    still right or the new one is not ready. pictured: the handles as that picture has them, which may be
    some steps behind `handles`; filled in by the mailbox. painted_mask: as `EditSession` has it, the same
    object while it does not change. losses: of the steps since the last taken frame. stalled: the steps gain
    nothing. message: one line for the status line; failed: it reports an error. model_name, picture_size
    (width, height): of the session's generator; None = as before.
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
    picture: NDArray[np.uint8] | None = None
    pictured: tuple[HandleFrame, ...] = ()
    painted_mask: PaintedMask | None = None
    losses: tuple[float, ...] = field(default=())
    step_ms: float = 0.0
    stalled: bool = False
    message: str | None = None
    failed: bool = False
    model_name: str | None = None
    picture_size: tuple[int, int] | None = None
