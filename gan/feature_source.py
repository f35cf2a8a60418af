"""Where a drag step gets its features from: one evaluation of the network for one latent.

`TrunkSource` runs the whole trunk and crops. Another source may evaluate only the windows' receptive
fields: it has the same shape, and leaves `whole` empty when it is not asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from gan.feature_grid import FeatureGrid, FeatureWindows, crop_windows
from gan.generator import Generator


@dataclass(frozen=True)
class Evaluation:
    """Features at one latent: the windows around the handles, the whole map (C, F, F) if it was needed."""

    windows: FeatureWindows
    whole: Tensor | None


class FeatureSource(Protocol):
    """Evaluates the features that a step reads."""

    grid: FeatureGrid

    def evaluate(self, w_plus: Tensor, centres: Tensor, reach_px: float, needs_whole: bool) -> Evaluation:
        """Features at w_plus (num_ws, w_dim), differentiable, within `reach_px` of `centres` (N, 2) px."""
        ...


class TrunkSource:
    """Runs every block up to the feature block on the whole map, then crops."""

    def __init__(self, generator: Generator, feature_resolution: int) -> None:
        self.grid = FeatureGrid(generator.width, feature_resolution)
        self._generator = generator

    def evaluate(self, w_plus: Tensor, centres: Tensor, reach_px: float, needs_whole: bool) -> Evaluation:
        """See FeatureSource."""
        whole = self._generator.features(w_plus, self.grid.cells)  # (C, F, F)
        windows = crop_windows(whole, self.grid, centres, reach_px)
        return Evaluation(windows, whole if needs_whole else None)
