"""Where a drag step gets its features from: one evaluation of the network for one latent.

`WindowedSource` evaluates only the receptive fields of what is read.
`TrunkSource` always runs the whole trunk and crops: the plain way, which the other must agree with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from gan.cell_reader import CellReader
from gan.feature_grid import FeatureGrid, FeatureWindows, crop_windows
from gan.fixed_region import FixedRegion
from gan.generator import Generator
from gan.half_precision import HalfPrecision, overflowing_rows
from gan.trunk_layers import make_trunk_layers
from gan.window_reader import WindowReader


@dataclass(frozen=True)
class Evaluation:
    """Features at one latent: the windows around the handles, and the fixed region's box (C, h, w), in which
    cells that no fixed pixel reads may be 0."""

    windows: FeatureWindows
    fixed: Tensor | None


class FeatureSource(Protocol):
    """Evaluates the features that a step reads."""

    grid: FeatureGrid
    loss_scale: float  # the loss is multiplied by it before the backward pass (`gan.half_precision`)

    def step_map(self, masked: bool) -> Tensor | None:
        """(w_dim, w_dim): the optimiser's steps go through it (`gan.latent_spread`); None = as they are.
        masked: whether a fixed region holds."""
        ...

    def evaluate(
        self, w_plus: Tensor, centres: Tensor, reach_px: float, region: FixedRegion | None
    ) -> Evaluation:
        """Features at w_plus (num_ws, w_dim), differentiable, within `reach_px` of `centres` (N, 2) px, and
        on the box of `region`."""
        ...


class FeatureReader(Protocol):
    """Evaluates parts of the feature map."""

    def read(
        self, w_plus: Tensor, origins: Tensor, side: int, region: FixedRegion | None
    ) -> tuple[Tensor, Tensor | None]:
        """For w_plus (num_ws, w_dim), differentiable: windows of `side` cells that begin at origins (N, 2)
        int64, inside the map or at its border, (N, C, side, side); and the region's box, (C, h, w), in which
        cells that fixed pixels do not read may be 0."""
        ...


class TrunkSource:
    """Runs every block up to the feature block on the whole map, then crops."""

    loss_scale = 1.0

    def __init__(self, generator: Generator, feature_resolution: int, step_map: Tensor | None = None) -> None:
        self._step_map = step_map
        self.grid = FeatureGrid.of(generator.architecture, feature_resolution)
        self._generator = generator

    def step_map(self, masked: bool) -> Tensor | None:
        """The one that was given."""
        return self._step_map

    def evaluate(
        self, w_plus: Tensor, centres: Tensor, reach_px: float, region: FixedRegion | None
    ) -> Evaluation:
        """See FeatureSource."""
        whole = self._generator.features(w_plus, self.grid.block_resolution)  # (C, rows, columns)
        windows = crop_windows(whole, self.grid, centres, reach_px)
        return Evaluation(windows, None if region is None else region.cut(whole))


class WindowedSource:
    """Runs the trunk where it is read: on lists of cells where the host knows the places (`gan.cell_reader`),
    in windows where it does not (`gan.window_reader`).

    Made for latents that differ from `w_plus` (num_ws, w_dim) in the first `moving_row_count` rows only;
    without one, for any latent. knows_places: None = where features are on the host, so that no step waits
    for a device. half: which layers convolve in 16 bits; None = none.
    step_map: asked for when a step is near: making it may take a moment.
    """

    def __init__(
        self,
        generator: Generator,
        feature_resolution: int,
        w_plus: Tensor | None = None,
        moving_row_count: int = 0,
        knows_places: bool | None = None,
        half: HalfPrecision | None = None,
        step_map: Callable[[bool], Tensor | None] | None = None,
    ) -> None:
        self._make_step_map = step_map
        self.grid = FeatureGrid.of(generator.architecture, feature_resolution)
        self.loss_scale = 1.0 if half is None else half.loss_scale
        layers = make_trunk_layers(generator.synthesis, feature_resolution, w_plus, moving_row_count)
        self._layers = layers if half is None else half.apply(layers)
        self.has_half = any(layer.half is not None for layer in self._layers)
        self._const = generator.synthesis.const
        if knows_places is None:
            knows_places = generator.device.type == "cpu"
        # 16-bit layers are for GPUs: where they are tried out on the host, it is as they are run there
        reader = CellReader if knows_places and not self.has_half else WindowReader
        self._reader: FeatureReader = reader(self._const, self._layers)

    def step_map(self, masked: bool) -> Tensor | None:
        """See FeatureSource."""
        return None if self._make_step_map is None else self._make_step_map(masked)

    def evaluate(
        self, w_plus: Tensor, centres: Tensor, reach_px: float, region: FixedRegion | None
    ) -> Evaluation:
        """See FeatureSource."""
        columns, rows = self.grid.x.cells, self.grid.y.cells
        side = min(self.grid.window_size(reach_px), max(columns, rows))
        # reads beyond the map clamp to its border, so a window moved inside serves the same reads; where it
        # is wider than a narrow map, it begins at the border and nobody reads what is beyond
        origins = self.grid.window_origins(centres, reach_px)  # (N, 2)
        if columns == rows:
            origins = origins.clamp(0, columns - side)
        else:
            x = origins[:, 0].clamp(0, max(columns - side, 0))
            y = origins[:, 1].clamp(0, max(rows - side, 0))
            origins = torch.stack([x, y], dim=1)
        values, fixed = self._reader.read(w_plus, origins, side, region)
        return Evaluation(FeatureWindows(self.grid, values, origins), fixed)

    @torch.no_grad()
    def whole(self, w_plus: Tensor) -> Tensor:
        """The whole feature map, (C, rows, columns), by the layers that a step uses."""
        if isinstance(self._reader, WindowReader):
            return self._reader.whole(w_plus)[0]
        x = self._const
        for layer in self._layers:
            x = layer.whole(x, w_plus)
        return x[0]

    def overflowing_rows(self, w_plus: Tensor) -> set[int]:
        """16-bit layers to blame for a step that was not finite; empty where no layer has 16 bits. Waits."""
        return overflowing_rows(self._const, self._layers, w_plus)
