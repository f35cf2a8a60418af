"""`AppState`: everything that the window shows, as plain typed data. No tensors, no GL names, no widgets.

It is the only UI state: input and panels emit events, `App` applies them here, panels read it back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from app.dialog_state import DialogState
from app.history_state import HistoryState
from app.overlays import OverlayState
from app.recording.choice import ExportChoice, MovieChoice, RecordingChoice, RecordingView, RenderingView
from app.viewport import Viewport
from app.window_state import WindowState
from gan.drag_params import DragParams
from render.scene import Warp

Point = tuple[float, float]
Tool = Literal["grab", "place", "movable", "fixed", "erase"]
BrushMode = Literal["movable", "fixed", "erase"]
Tone = Literal["calm", "busy", "good", "warning", "error"]
End = Literal["handle", "target"]
Quality = Literal["automatic", "full", "preview"]  # of pictures while the mouse moves; at rest it is full
PreviewStanding = Literal["unknown", "ready", "none"]
"""Of this model's preview: not fitted yet, near enough to be asked for, or not."""
Question = Literal["open_session", "load_mask", "save_mask", "open_model", "open_latent", "models_folder"]

LOSS_HISTORY_COUNT = 240
FIRST_BRUSH_SHARE = 1 / 16  # of the picture's width


@dataclass(frozen=True)
class HandleView:
    """One handle point and its target point, image px, with what the last step measured of it.

    confidence: 0..1, None until a step has measured it.
    """

    id: int
    handle: Point
    target: Point
    confidence: float | None = None

    @property
    def distance_px(self) -> float:
        """From handle to target."""
        return math.dist(self.handle, self.target)


@dataclass(frozen=True)
class Status:
    """The status line: one sentence and its tone. details: of an error, for who wants to know more."""

    text: str = "Ready"
    tone: Tone = "calm"
    details: str = ""


@dataclass(frozen=True)
class Spread:
    """Of some measured times: half are below the first number, 95 of 100 below the second. ms."""

    median_ms: float
    p95_ms: float

    @classmethod
    def of(cls, values_ms: Iterable[float]) -> Spread | None:
        """None for no values."""
        ordered = sorted(values_ms)
        if not ordered:
            return None
        last = len(ordered) - 1
        return cls(ordered[last // 2], ordered[math.ceil(last * 0.95)])


@dataclass(frozen=True)
class ModelChoice:
    """One model of the list. thumbnail: its picture's file, None until it is made. recent: opened before."""

    path: Path
    name: str
    thumbnail: Path | None
    recent: bool


@dataclass(frozen=True)
class Loading:
    """A model on its way: what is done now, and which share (0..1) of the whole is done."""

    name: str
    stage: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Timing:
    """Measured costs, ms: a whole frame (sleep included), the work in it, and one drag step.

    The spreads are of the last few seconds: frames, drag steps, the synthesis of pictures, and from a move of
    the mouse to the markers (markers), to the picture moving at all (responses) and to a generated picture
    that knows of it (pictured); None = not measured yet. is_preview: the picture shown is one.
    """

    frame_ms: float = 0.0
    work_ms: float = 0.0
    step_ms: float = 0.0
    frames: Spread | None = None
    steps: Spread | None = None
    pictures: Spread | None = None
    markers: Spread | None = None
    responses: Spread | None = None
    pictured: Spread | None = None
    is_preview: bool = False

    @property
    def frames_per_second(self) -> float:
        """Frames a second at the present frame time; 0 before the first frame."""
        return 1000.0 / self.frame_ms if self.frame_ms > 0 else 0.0


@dataclass
class AppState:
    """All that the window knows. Positions are image px unless a name says canvas."""

    picture_size: tuple[int, int]
    model_name: str
    model_sha256: str = ""
    device_name: str = "processor"  # what computes
    seed: int | None = 0
    truncation_psi: float = 0.7
    params: DragParams = field(default_factory=DragParams)
    stop_px: float = 1.0  # a handle this near its target has arrived
    viewport: Viewport = field(default_factory=Viewport)

    tool: Tool = "grab"
    handles: dict[int, HandleView] = field(default_factory=dict[int, HandleView])
    next_handle_id: int = 0
    pending_handle: Point | None = None  # place and run: a handle that waits for its target
    held: tuple[int, End] | None = None  # what the pressed mouse button moves
    hovered: tuple[int, End] | None = None
    selected: int | None = None
    grabbed: int | None = None  # the handle of the last grab, which goes with the next one; it may be gone
    cursor: Point | None = None  # None while the mouse is not over the picture area

    running: bool = False
    done: bool = False
    iteration: int = 0
    losses: list[float] = field(default_factory=list[float])
    loss: float | None = None  # of the step that made the picture shown
    timing: Timing = field(default_factory=Timing)

    brush_radius_px: float = 4.0
    mask_painted: bool = False
    show_markers: bool = True
    overlays: OverlayState = field(default_factory=OverlayState)
    recording_choice: RecordingChoice = field(default_factory=RecordingChoice)
    recording: RecordingView | None = None  # the one that is going on, or being finished
    movie_choice: MovieChoice = field(default_factory=MovieChoice)
    rendering: RenderingView | None = None  # the movie that is being rendered
    export_choice: ExportChoice = field(default_factory=ExportChoice)
    wants_grab: bool = False  # a screenshot of the whole window is asked for
    latency_hiding: bool = True  # pull the picture along while the next one is made; only where that is slow
    warps: tuple[Warp, ...] = ()  # how it is pulled in this frame
    quality: Quality = "automatic"
    preview: PreviewStanding = "unknown"
    vsync: bool = False  # frames wait for the screen's refresh

    history: HistoryState = field(default_factory=HistoryState)
    dialogs: DialogState = field(default_factory=DialogState)
    undo_label: str | None = None
    redo_label: str | None = None
    show_hint: bool = True
    show_help: bool = False
    question: Question | None = None  # a file that a dialog is to ask for
    sessions_folder: Path | None = None  # where sessions go that were given no name
    session_file: Path | None = None  # where the session was opened or last saved
    unfinished: Path | None = None  # a session that a crash left behind, as long as it is offered
    models: tuple[ModelChoice, ...] = ()
    models_folder: Path | None = None
    loading: Loading | None = None  # the model that is being opened
    opening: bool = False  # a session is being replayed: until it is there nothing can be edited
    closes_when_written: bool = False  # the window waits for files that are being written, then closes
    closing: bool = False
    window: WindowState = field(default_factory=WindowState)

    _status: Status = field(default_factory=Status, init=False)
    _errors: list[Status] = field(default_factory=list[Status], init=False)

    @property
    def status(self) -> Status:
        """The status line. Only the last of a frame is seen there, so errors are kept for the notices too."""
        return self._status

    @status.setter
    def status(self, status: Status) -> None:
        self._status = status
        if status.tone == "error":
            self._errors.append(status)

    def take_errors(self) -> list[Status]:
        """All that was said as an error since the last call, the oldest first."""
        errors, self._errors = self._errors, []
        return errors

    @property
    def mask_opacity(self) -> float:
        """How strongly the mask covers the picture where it is shown."""
        return self.overlays.choice.mask.opacity

    @property
    def watched(self) -> int | None:
        """The handle that the similarity map is about: in the hand, under the mouse, or selected."""
        for handle_id in (self.held and self.held[0], self.hovered and self.hovered[0], self.selected):
            if handle_id in self.handles:
                return handle_id
        return None

    def set_handle(self, view: HandleView) -> None:
        """Adds or replaces one handle; ids never come back."""
        self.handles[view.id] = view
        self.next_handle_id = max(self.next_handle_id, view.id + 1)

    def move_target(self, handle_id: int, target: Point) -> None:
        """Moves a target point that is shown; unknown ids are ignored (the handle was just removed)."""
        if handle_id in self.handles:
            self.handles[handle_id] = replace(self.handles[handle_id], target=target)

    def forget_handles(self, ids: Iterable[int]) -> None:
        """Removes handles, and whatever pointed at them."""
        gone = set(ids)
        self.handles = {i: view for i, view in self.handles.items() if i not in gone}
        self.selected = None if self.selected in gone else self.selected
        self.held = None if self.held and self.held[0] in gone else self.held
        self.hovered = None if self.hovered and self.hovered[0] in gone else self.hovered
