"""Where a drag step gets its features from: one evaluation of the network for one latent.

`WindowedSource` evaluates only the receptive fields of what is read, by the plan that costs least.
`TrunkSource` always runs the whole trunk and crops: the plain way, which the other must agree with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol, cast

import torch
from torch import Tensor

from gan.feature_grid import FeatureGrid, FeatureWindows, crop_windows
from gan.fixed_region import FixedRegion
from gan.generator import Generator
from gan.half_precision import HalfPrecision, overflowing_rows
from gan.trunk_layers import make_trunk_layers
from gan.window_plan import Box, Piece, WindowPlan, plan_windows
from gan.windowed_trunk import Size, WindowedTrunk


@dataclass(frozen=True)
class Evaluation:
    """Features at one latent: the windows around the handles, and the fixed region's box (C, h, w)."""

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
    """Runs the trunk where it is read (`gan.window_plan`, `gan.windowed_trunk`).

    Made for latents that differ from `w_plus` (num_ws, w_dim) in the first `moving_row_count` rows only;
    without one, for any latent. knows_places: plans may use where the windows are; None = where features are
    on the host, so that no step waits for a device. half: which layers convolve in 16 bits; None = none.
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
        self._channel_count = generator.architecture.channels[self.grid.block_resolution]
        self._knows_places = generator.device.type == "cpu" if knows_places is None else knows_places
        self._trunk = WindowedTrunk(self._const, self._layers, self._knows_places)
        map_size = (self.grid.y.cells, self.grid.x.cells)
        self._plan = lru_cache(maxsize=64)(partial(_make_plan, self._trunk, map_size))

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
        x = origins[:, 0].clamp(0, max(columns - side, 0))
        y = origins[:, 1].clamp(0, max(rows - side, 0))
        origins = torch.stack([x, y], dim=1)
        plan = self.plan(origins, side, region)
        values: list[Tensor] = []
        fixed: Tensor | None = None
        base = self._trunk.maps(w_plus, plan.first)
        for piece in plan.pieces:
            window, origin = self._evaluate_piece(piece, plan.first, base, w_plus, origins)
            if piece.merged and piece.members:
                local = _members(origins, piece) - origin
                values.append(self._trunk.cut(window, local, (side, side)))
            elif piece.members:
                values.append(window)
            if piece.fixed_box is not None and region is not None:
                x0, y0, _, _ = piece.fixed_box
                fx0, fy0, fx1, fy1 = region.box
                fixed = window[0, :, fy0 - y0 : fy1 - y0, fx0 - x0 : fx1 - x0]
        order = [member for piece in plan.pieces for member in piece.members]
        together = values[0] if len(values) == 1 else torch.cat(values) if values else self._none(base, side)
        if order != sorted(order):
            together = together[[order.index(i) for i in range(len(order))]]
        return Evaluation(FeatureWindows(self.grid, together, origins), fixed)

    @torch.no_grad()
    def whole(self, w_plus: Tensor) -> Tensor:
        """The whole feature map, (C, rows, columns), by the layers that a step uses."""
        x = self._const
        for layer in self._layers:
            x = layer.whole(x, w_plus)
        return x[0]

    def overflowing_rows(self, w_plus: Tensor) -> set[int]:
        """16-bit layers to blame for a step that was not finite; empty where no layer has 16 bits. Waits."""
        return overflowing_rows(self._const, self._layers, w_plus)

    def plan(self, origins: Tensor, side: int, region: FixedRegion | None) -> WindowPlan:
        """How windows of `side` cells at `origins` (N, 2) and the region would be evaluated."""
        boxes: tuple[Box, ...] | None = None
        if self._knows_places:
            # sync: none, the features of such a source are on the host
            places = cast(list[list[int]], origins.tolist())  # pyright: ignore[reportUnknownMemberType]
            boxes = tuple((x, y, x + side, y + side) for x, y in places)
            if len(boxes) == 1 and region is None:
                boxes = ((0, 0, side, side),)  # one window costs the same everywhere: one plan for all places
        return self._plan(origins.shape[0], side, boxes, None if region is None else region.box)

    def _evaluate_piece(
        self, piece: Piece, first: int, base: Tensor, w_plus: Tensor, origins: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Features of one piece, and where its windows begin, (N or 1, 2)."""
        if piece.fixed_box is not None:
            x0, y0, _, _ = piece.fixed_box
            # zeros are made on the device; a tensor from a list would be a copy, in which a GPU waits
            origin = origins.new_tensor([[x0, y0]]) if x0 or y0 else origins.new_zeros((1, 2))
            if first == self._trunk.layer_count:
                return base, origin
        elif piece.merged:
            limit = [self.grid.x.cells - piece.size[1], self.grid.y.cells - piece.size[0]]
            origin = _members(origins, piece).amin(dim=0, keepdim=True)
            origin = torch.cat([origin[:, i : i + 1].clamp(max=limit[i]) for i in (0, 1)], dim=1)
        else:
            origin = _members(origins, piece)
        return self._trunk.windows(base, first, w_plus, origin, piece.size), origin

    def _none(self, base: Tensor, side: int) -> Tensor:
        return base.new_zeros((0, self._channel_count, side, side))


def _make_plan(
    trunk: WindowedTrunk,
    map_size: Size,
    count: int,
    side: int,
    boxes: tuple[Box, ...] | None,
    fixed_box: Box | None,
) -> WindowPlan:
    return plan_windows(trunk, map_size, (side, side), count, boxes, fixed_box)


def _members(origins: Tensor, piece: Piece) -> Tensor:
    """The members' rows of origins (N, 2); all of them without an indexed copy."""
    if len(piece.members) == origins.shape[0]:
        return origins
    return torch.cat([origins[i : i + 1] for i in piece.members])
