"""The presets of the drag's parameters: what the window calls them. Their values are gan's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan.drag_params import DragParams


@dataclass(frozen=True)
class DragPreset:
    """make: its parameters. called: what they are in the status line, and when they are undone."""

    label: str
    called: str
    help: str
    make: Callable[[], DragParams]


DRAG_PRESETS = (
    DragPreset(
        "Default",
        "default parameters",
        "What measures best here; also resets every parameter",
        DragParams,
    ),
    DragPreset("Paper", "parameters of the paper", "The values of the DragGAN paper", DragParams.paper),
    DragPreset(
        "Released",
        "parameters of the authors' program",
        "The values of the authors' program",
        DragParams.released,
    ),
)
