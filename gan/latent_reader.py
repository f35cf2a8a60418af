"""`LatentReader`: what a drag reads of the generator at a latent: windows, references, whole maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gan.drag_params import DragParams
from gan.edit_checks import Point, check_feature_resolution, check_handle
from gan.feature_grid import FeatureGrid
from gan.feature_source import WindowedSource
from gan.fixed_region import FixedRegion, make_fixed_region
from gan.generator import Generator
from gan.half_precision import HalfPrecision
from gan.step_maps import StepMaps


class LatentReader:
    """One source of features for the parameters and the latents of a drag; another when those change."""

    def __init__(
        self, generator: Generator, half: HalfPrecision | None, params: DragParams, w_plus: Tensor
    ) -> None:
        """Raises EditError for a feature block that the generator lacks."""
        self._generator = generator
        self._half = half
        self._step_maps = StepMaps(generator, params)
        self._params = params
        self.source = self._make_source(params, w_plus)

    @property
    def grid(self) -> FeatureGrid:
        """The feature block's cells."""
        return self.source.grid

    @property
    def middle_px(self) -> Point:
        """Of the picture, (x, y)."""
        return self._generator.width // 2, self._generator.height // 2

    def follow(self, params: DragParams, w_plus: Tensor) -> bool:
        """From now on for drags from w_plus (num_ws, w_dim), any latent. Whether the feature block is another
        one. Raises EditError, with nothing changed, for a block that the generator lacks."""
        source = self._make_source(params, w_plus)
        block_changed = source.grid != self.source.grid
        self.source = source
        self._params = self._step_maps.params = params
        return block_changed

    def go_on(self, params: DragParams, w_plus: Tensor) -> bool:
        """As `follow` where only steps lie between the latent followed before and w_plus: the source stays
        where the same rows move and the block is the same, and what was recorded for it stays valid."""
        old = self._params
        same_rows = old.row_count(len(w_plus)) == params.row_count(len(w_plus))
        if same_rows and old.feature_resolution == params.feature_resolution:
            self._params = self._step_maps.params = params
            return False
        return self.follow(params, w_plus)

    def make_ready(self, masked: bool) -> None:
        """Makes what the first step would wait for. masked: whether a fixed region holds."""
        self.source.step_map(masked)

    @property
    def half(self) -> HalfPrecision | None:
        """Which layers have 16 bits; None = none."""
        return self._half

    def use_half(self, half: HalfPrecision | None, w_plus: Tensor) -> None:
        """From now on these layers have 16 bits, for drags from w_plus (num_ws, w_dim)."""
        self._half = half
        self.source = self._make_source(self._params, w_plus)

    def half_without_overflow(self, w_plus: Tensor) -> HalfPrecision | None:
        """The 16-bit layers without those to blame for a refused step at w_plus (num_ws, w_dim); None where
        none are to blame. Waits for the device."""
        if self._half is None:
            return None
        rows = self.source.overflowing_rows(w_plus)
        return self._half.without(rows) if rows else None

    @torch.no_grad()
    def features_at(self, w_plus: Tensor, places: Tensor) -> Tensor:
        """Features under `places` (N, 2) px as tracking reads them, (N, C)."""
        kernel = self._params.tracking_kernel
        reach_px = 1 + self.grid.kernel_reach_px(kernel)
        evaluation = self.source.evaluate(w_plus, places, reach_px, region=None)
        return evaluation.windows.read(places[:, :1], places[:, 1:], kernel)[:, :, 0, 0]

    @torch.no_grad()
    def map_at(self, w_plus: Tensor) -> Tensor:
        """The whole feature map, (C, rows, columns)."""
        return self._generator.features(w_plus, self.grid.block_resolution)

    def start_map(self, w0: Tensor) -> Tensor:
        """What the mask holds the fixed region to: the whole map at the start, (C, rows, columns). 16-bit
        layers make it where steps have them: else their rounding would count as a change. On a GPU the step's
        own products do: a convolution there takes gigabytes of workspace for 512 channels."""
        if not self.source.has_half and self._generator.device.type != "cuda":
            return self.map_at(w0)
        # the held rows of the latest latent may have moved under other parameters
        return self._make_source(self._params, w0).whole(w0)

    def region(self, mask: Tensor) -> FixedRegion | None:
        """The cells that a mask (H, W) fixes."""
        # on CUDA one shape for all masks: a stroke of the brush must not record the step anew
        whole = self._generator.device.type == "cuda"
        return make_fixed_region(mask, (self.grid.y.cells, self.grid.x.cells), self._generator.dtype, whole)

    def placed(self, handle_px: Point, params: DragParams) -> Tensor:
        """Where a handle comes to lie, (1, 2) px. Raises EditError outside the picture."""
        placed = self.points([check_handle(handle_px, self._generator)])
        return placed.round() if params.tracking_subdivision == 1 else placed

    def points(self, points: Sequence[Point]) -> Tensor:
        """(N, 2) px on the device."""
        return torch.tensor(points, device=self._generator.device, dtype=self._generator.dtype)

    def _make_source(self, params: DragParams, w_plus: Tensor) -> WindowedSource:
        """For the latents of a drag from w_plus: the rows that are not optimised stay as they are."""
        resolution = check_feature_resolution(params.feature_resolution, self._generator)
        rows = params.row_count(w_plus.shape[0])
        half, step_map = self._half, self._step_maps.in_force
        return WindowedSource(self._generator, resolution, w_plus, rows, half=half, step_map=step_map)
