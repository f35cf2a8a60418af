"""Handles, the running drag, and going back in the edit."""

from __future__ import annotations

from dataclasses import dataclass

from app.state import Tool


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
class SelectHandle:
    """Marks one handle."""

    handle_id: int


@dataclass(frozen=True)
class RemoveHandle:
    """Removes one handle; None = the hovered or selected one."""

    handle_id: int | None = None


@dataclass(frozen=True)
class ClearHandles:
    """Removes every handle."""


@dataclass(frozen=True)
class Undo:
    """Takes the last edit back."""


@dataclass(frozen=True)
class Redo:
    """Does the edit that was taken back again."""


DragEvent = (
    ChooseTool | ToggleRun | StepOnce | CancelDrag | SelectHandle | RemoveHandle | ClearHandles | Undo | Redo
)
