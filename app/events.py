"""The events that input and panels emit. Frozen data; only `App` applies them.

Pointer positions are canvas px (see `app.viewport`). Everything that a person can do to the window is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.state import Quality, Tool
from gan.drag_params import DragParams

Button = Literal["left", "right", "middle"]


@dataclass(frozen=True)
class PointerPressed:
    """A button went down over the canvas. pan: the space bar is held."""

    x: float
    y: float
    button: Button
    shift: bool = False
    pan: bool = False


@dataclass(frozen=True)
class PointerMoved:
    """The mouse moved; moves within one frame are merged. inside: it is over the canvas."""

    x: float
    y: float
    inside: bool = True


@dataclass(frozen=True)
class PointerReleased:
    """A button that was pressed over the canvas came up, wherever."""

    x: float
    y: float
    button: Button


@dataclass(frozen=True)
class WheelTurned:
    """Wheel notches over the canvas, positive away from the user; ctrl sizes the brush instead of zooming."""

    x: float
    y: float
    notches: float
    ctrl: bool = False


@dataclass(frozen=True)
class CanvasResized:
    """The canvas has a new size, px."""

    width: int
    height: int


@dataclass(frozen=True)
class ChooseTool:
    """What the left button does from now on."""

    tool: Tool


@dataclass(frozen=True)
class ToggleRun:
    """Starts the drag, or stops it."""


@dataclass(frozen=True)
class StepOnce:
    """One drag step."""


@dataclass(frozen=True)
class CancelDrag:
    """Escape: gives up what the mouse holds and restores what was before; else unselects."""


@dataclass(frozen=True)
class RemoveHandle:
    """Removes one handle; None = the hovered or selected one."""

    handle_id: int | None = None


@dataclass(frozen=True)
class SelectHandle:
    """Marks one handle."""

    handle_id: int


@dataclass(frozen=True)
class ClearHandles:
    """Removes every handle."""


@dataclass(frozen=True)
class SetSeed:
    """Starts from a seed's picture; None = a random one."""

    seed: int | None


@dataclass(frozen=True)
class TypeSeed:
    """Starts from the seed in the seed field, as it was typed."""

    text: str


@dataclass(frozen=True)
class ChangeSeed:
    """The next (+1) or previous (-1) seed."""

    by: int


@dataclass(frozen=True)
class SetPsi:
    """Truncation psi of the present seed."""

    truncation_psi: float


@dataclass(frozen=True)
class SetParams:
    """Parameters of the drag."""

    params: DragParams


@dataclass(frozen=True)
class Undo:
    """Takes the last edit back."""


@dataclass(frozen=True)
class Redo:
    """Does the edit that was taken back again."""


@dataclass(frozen=True)
class SetBrushRadius:
    """Brush radius, image px."""

    radius_px: float


@dataclass(frozen=True)
class ScaleBrush:
    """Makes the brush larger or smaller by a factor."""

    factor: float


@dataclass(frozen=True)
class ZoomView:
    """Zooms about the middle of the canvas by a factor."""

    factor: float


@dataclass(frozen=True)
class SetMaskOpacity:
    """How strongly the painted mask covers the picture, 0..1."""

    opacity: float


@dataclass(frozen=True)
class InvertMask:
    """Movable becomes fixed and fixed movable."""


@dataclass(frozen=True)
class ClearMask:
    """Everything may move again."""


@dataclass(frozen=True)
class LoadMask:
    """Reads a mask from a PNG file."""

    path: Path


@dataclass(frozen=True)
class SaveMask:
    """Writes the mask to a PNG file."""

    path: Path


@dataclass(frozen=True)
class OpenSession:
    """Opens a session file; the present session stays in its own file."""

    path: Path


@dataclass(frozen=True)
class SettleUnfinished:
    """The answer to the offer to resume the session that a crash left behind."""

    resume: bool


@dataclass(frozen=True)
class OpenModel:
    """Loads a model and starts a new session with it; None = the embedded generator."""

    path: Path | None


@dataclass(frozen=True)
class CancelLoading:
    """Gives up the model that is being opened."""


@dataclass(frozen=True)
class ChooseModelsFolder:
    """Lists the models of this folder."""

    path: Path


@dataclass(frozen=True)
class SaveSession:
    """Writes the session; None = where it was opened or last saved, else a new name."""

    path: Path | None = None


@dataclass(frozen=True)
class ExportPicture:
    """Writes the picture as PNG; None = a new name in the pictures folder."""

    path: Path | None = None


@dataclass(frozen=True)
class FitView:
    """The whole picture in the canvas."""


@dataclass(frozen=True)
class ToggleMarkers:
    """Shows or hides handles, targets and the mask."""


@dataclass(frozen=True)
class SetLatencyHiding:
    """Whether the picture is pulled along with its handles while the next one is made."""

    on: bool


@dataclass(frozen=True)
class SetQuality:
    """Which pictures are made while the mouse moves."""

    quality: Quality


@dataclass(frozen=True)
class SetVsync:
    """Whether frames wait for the screen's refresh."""

    on: bool


@dataclass(frozen=True)
class ToggleHelp:
    """Opens or closes the help window."""


@dataclass(frozen=True)
class CloseWindow:
    """The window is to close."""


Event = (
    PointerPressed
    | PointerMoved
    | PointerReleased
    | WheelTurned
    | CanvasResized
    | ChooseTool
    | ToggleRun
    | StepOnce
    | CancelDrag
    | RemoveHandle
    | SelectHandle
    | ClearHandles
    | SetSeed
    | TypeSeed
    | ChangeSeed
    | SetPsi
    | SetParams
    | Undo
    | Redo
    | SetBrushRadius
    | ScaleBrush
    | ZoomView
    | SetMaskOpacity
    | InvertMask
    | ClearMask
    | LoadMask
    | SaveMask
    | OpenSession
    | SettleUnfinished
    | OpenModel
    | CancelLoading
    | ChooseModelsFolder
    | SaveSession
    | ExportPicture
    | FitView
    | ToggleMarkers
    | SetLatencyHiding
    | SetQuality
    | SetVsync
    | ToggleHelp
    | CloseWindow
)

WHILE_OPENING = (  # what still works while a session is being opened
    PointerMoved,
    PointerReleased,
    WheelTurned,
    CanvasResized,
    FitView,
    ZoomView,
    ToggleHelp,
    CloseWindow,
)
