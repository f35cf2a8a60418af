"""Numbers of the present edit that a slider moves."""

from __future__ import annotations

from dataclasses import dataclass

from gan.drag_params import DragParams


@dataclass(frozen=True)
class SetPsi:
    """Truncation psi of the present seed."""

    truncation_psi: float


@dataclass(frozen=True)
class SetParams:
    """Parameters of the drag."""

    params: DragParams


SliderEvent = SetPsi | SetParams
