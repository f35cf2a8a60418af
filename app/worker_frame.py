"""`WorkerFrame`: what the window gets back from the drag worker. Frozen data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.history_state import HistoryView
from app.map_request import MadeLayer
from app.overlays import DragFacts
from app.picture_maker import nothing_to_hand_back
from app.session.painted_mask import PaintedMask
from app.state import PreviewStanding
from gan.drag_params import DragParams

Point = tuple[float, float]


@dataclass(frozen=True)
class HandleFrame:
    """One handle after a step, image px. confidence (0..1) is None until a step has measured it; was_sure: it
    was high in an earlier step."""

    id: int
    handle: Point
    target: Point
    distance_px: float
    confidence: float | None = None
    was_sure: bool = False


@dataclass(frozen=True)
class PassedStep:
    """Where handles were after a step of that number; begins: a person put them there, before it."""

    iteration: int
    places: tuple[tuple[int, Point], ...]  # handle id, image px
    begins: bool = False


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
    (H, W, 3) uint8 or, where pictures stay on the GPU, a `render.device_image.DeviceImage`; None = the
    one taken last is still right or the new one is not ready. hand_back: to be called by whoever took a
    picture once it is uploaded, or refused: its memory may then be written to again. pictured: the
    handles as that picture has them, which may be some steps behind `handles`; pictured_serial: the last
    command that it contains; both filled in by the mailbox. stop_px: a handle this near its target has
    arrived. picture_ms: what its synthesis took; is_preview: it is smaller than the full one; preview:
    whether the model has one that may be asked for. device_name: what computes. painted_mask: as
    `EditSession` has it, the same object while it does not change. losses: of the steps since the last
    taken frame. stalled: the steps gain nothing. session_file: where the session was opened or last
    saved, None = nowhere yet. messages: since the last taken frame, the newest last. session_iteration:
    the number of the last step, counted as `passed` does. passed: where the handles came since the last
    taken frame. layers: what overlays show, made since then. facts: for their controls. history: of the
    session; None = as before. session_text: for the clipboard, once. grabbed: the handle that was grabbed
    last, which may be gone (`app.session.last_grab`). model_name, picture_size (width, height): of the
    session's generator; None = as before.
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
    stop_px: float = 1.0
    picture: Any = None
    hand_back: Callable[[], None] = nothing_to_hand_back
    pictured: tuple[HandleFrame, ...] = ()
    pictured_serial: int = 0
    picture_ms: float = 0.0
    is_preview: bool = False
    preview: PreviewStanding = "unknown"
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
    grabbed: int | None = None
    facts: DragFacts | None = None
