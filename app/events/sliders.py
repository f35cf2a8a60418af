"""Numbers of the present edit that a slider moves, and all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

from app.drag_presets import DragPreset
from gan.drag_params import DragParams


@dataclass(frozen=True)
class SetPsi:
    """Truncation psi of the present seed."""

    truncation_psi: float


@dataclass(frozen=True)
class SetParams:
    """Parameters of the drag."""

    params: DragParams


@dataclass(frozen=True)
class ChoosePreset:
    """All parameters of the drag at once."""

    preset: DragPreset


SliderEvent = SetPsi | SetParams | ChoosePreset
