"""Where a drag step gets its features from: one evaluation of the network for one latent.

`WindowedSource` evaluates only the windows' receptive fields, unless the whole map is needed anyway (the mask
term). `TrunkSource` always runs the whole trunk and crops: the plain way, which the other must agree with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from gan.feature_grid import FeatureGrid, FeatureWindows, crop_windows
from gan.generator import Generator
from gan.windowed_trunk import WindowedTrunk


@dataclass(frozen=True)
class Evaluation:
    """Features at one latent: the windows around the handles, the whole map (C, rows, columns) if it
    was needed."""

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
        self.grid = FeatureGrid.of(generator.architecture, feature_resolution)
        self._generator = generator

    def evaluate(self, w_plus: Tensor, centres: Tensor, reach_px: float, needs_whole: bool) -> Evaluation:
        """See FeatureSource."""
        whole = self._generator.features(w_plus, self.grid.block_resolution)  # (C, rows, columns)
        windows = crop_windows(whole, self.grid, centres, reach_px)
        return Evaluation(windows, whole if needs_whole else None)


class WindowedSource:
    """Runs the trunk where it is read (`gan.windowed_trunk`), or whole when the whole map is needed."""

    def __init__(self, generator: Generator, feature_resolution: int) -> None:
        self.grid = FeatureGrid.of(generator.architecture, feature_resolution)
        self._generator = generator
        self._whole = TrunkSource(generator, feature_resolution)
        self._trunks: dict[int, WindowedTrunk] = {}  # by window size: a session uses two

    def evaluate(self, w_plus: Tensor, centres: Tensor, reach_px: float, needs_whole: bool) -> Evaluation:
        """See FeatureSource."""
        if needs_whole or centres.shape[0] == 0:
            return self._whole.evaluate(w_plus, centres, reach_px, needs_whole)
        columns, rows = self.grid.x.cells, self.grid.y.cells
        window = min(self.grid.window_size(reach_px), max(columns, rows))
        if window not in self._trunks:
            self._trunks[window] = WindowedTrunk(
                self._generator.synthesis, self.grid.block_resolution, window
            )
        # reads beyond the map clamp to its border, so a window moved inside serves the same reads; across a
        # narrow
        # map a window may be wider than the map: it begins at its border, and nobody reads what is beyond
        origins = self.grid.window_origins(centres, reach_px)  # (N, 2)
        x = origins[:, 0].clamp(0, max(columns - window, 0))
        y = origins[:, 1].clamp(0, max(rows - window, 0))
        origins = torch.stack([x, y], dim=1)
        values = self._trunks[window].windows(w_plus, origins)  # (N, C, K, K)
        return Evaluation(FeatureWindows(self.grid, values, origins), None)
