"""Pixels and feature cells: where a pixel lies on the feature map, and the weights that read it there.

The published loop enlarges the feature map to the picture's size (bilinear, align_corners=False) and reads
the copy, between its pixels bilinearly again. Both interpolations are linear and separable, so a
grid of reads is Wy @ window @ Wx^T with small matrices: the same numbers, and no enlarged copy.

A bilinear read half way between cells is smoother than one at a cell, so that features read at different
places within their cells compare badly. A quadratic B-spline smooths nearly alike everywhere (Unser 1999,
"Splines: a perfect fit for signal and image processing"): `ReadKernel` "b-spline", for what is to be
compared between places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.architecture import Architecture
from gan.constant_steps import counted
from gan.drag_params import ReadKernel


@dataclass(frozen=True)
class GridAxis:
    """One axis of a feature map: `cells` cells under `picture_px` pixels."""

    picture_px: int
    cells: int

    def cell_of(self, pixel: Tensor) -> Tensor:
        """Position in cells of a position in pixels; centres are at integers in both."""
        scale = self.cells / self.picture_px
        return pixel * scale + 0.5 * (scale - 1)

    def window_origins(self, centres: Tensor, reach_px: float) -> Tensor:
        """First cell of the windows around `centres` px -> int64 of the same shape, maybe off the map."""
        scale = self.cells / self.picture_px
        return (centres * scale + (0.5 * (scale - 1) - reach_px * scale)).floor().long()

    def is_inside(self, pixel: Tensor) -> Tensor:
        """Whether a coordinate lies on the picture's pixels, 0 .. picture_px - 1."""
        return pixel.clamp(0, self.picture_px - 1) == pixel

    def weights(self, pixels: Tensor, origins: Tensor, window: int) -> Tensor:
        """Weights along one axis that read `pixels` (..., P) from windows of `window` cells starting at
        `origins` (...) -> (..., P, window). Reads beyond the picture clamp to its border.
        """
        below = pixels.floor()
        around = below[..., None] + counted(0, 1, pixels.device, pixels.dtype)  # (..., P, 2)
        # the enlarged copy at whole pixels, as weights of cells
        u = self.cell_of(around.clamp_(0, self.picture_px - 1)).clamp_(0, self.cells - 1)
        u = u.sub_(origins[..., None, None])
        cells = counted(0, window - 1, pixels.device, pixels.dtype)
        hats = (1 - (u[..., None] - cells).abs_()).clamp_(min=0)  # (..., P, 2, window)
        return torch.lerp(hats[..., 0, :], hats[..., 1, :], (pixels - below)[..., None])

    def spline_weights(self, pixels: Tensor, origins: Tensor, window: int) -> Tensor:
        """As `weights`, of the quadratic B-spline on the cells; beyond the map its border is repeated."""
        u = self.cell_of(pixels.clamp(0, self.picture_px - 1))
        nearest = u.round()
        # of the cell before, the nearest and the one after, t from the nearest:
        # (t - 1/2)^2 / 2, 3/4 - t^2, (t + 1/2)^2 / 2
        beside = counted(-1, 1, pixels.device, pixels.dtype)
        squares = torch.add((u - nearest)[..., None], beside, alpha=0.5).square_()  # (..., P, 3)
        shares = torch.addcmul(*_spline(pixels.device, pixels.dtype), squares)  # (..., P, 3)
        around = (nearest[..., None] + beside).clamp_(0, self.cells - 1)  # (..., P, 3)
        around = around.sub_(origins[..., None, None])
        cells = counted(0, window - 1, pixels.device, pixels.dtype)
        return ((around[..., None] == cells) * shares[..., None]).sum(dim=-2)


@cache
def _spline(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """What `spline_weights` adds to its squares, times what: 0, 3/4, 0 and 1/2, -1, 1/2. Kept, like
    `counted`."""
    beside = counted(-1, 1, device, dtype).abs()
    return 0.75 * (1 - beside), 1.5 * beside - 1


@dataclass(frozen=True)
class FeatureGrid:
    """Geometry of a feature map under its picture. A cell is as wide as it is high, in pixels.

    block_resolution: which block's map it is; the number of rows where the generator's base is 4 high.
    """

    x: GridAxis
    y: GridAxis
    block_resolution: int

    @classmethod
    def square(cls, picture_px: int, cells: int) -> FeatureGrid:
        """A square map of `cells` cells along each side under a square picture."""
        axis = GridAxis(picture_px, cells)
        return cls(axis, axis, cells)

    @classmethod
    def of(cls, architecture: Architecture, block_resolution: int) -> FeatureGrid:
        """The map of one block of a generator."""
        height_px, width_px = architecture.block_size(architecture.resolution)
        rows, columns = architecture.block_size(block_resolution)
        return cls(GridAxis(width_px, columns), GridAxis(height_px, rows), block_resolution)

    def window_size(self, reach_px: float) -> int:
        """Cells per side of a window that holds every pixel within `reach_px` of its centre."""
        cells = 2 * reach_px * self.y.cells / self.y.picture_px
        return int(-(-cells // 1)) + 2  # ceil, and one neighbour on either side for the interpolation

    def window_origins(self, centres: Tensor, reach_px: float) -> Tensor:
        """First cell (x, y) of the windows around `centres` (N, 2) px -> (N, 2) int64, maybe off the map."""
        if self.x == self.y:  # both axes at once: half as many operations
            return self.x.window_origins(centres, reach_px)
        x, y = self.x.window_origins(centres[:, 0], reach_px), self.y.window_origins(centres[:, 1], reach_px)
        return torch.stack([x, y], dim=1)

    def is_inside(self, xs: Tensor, ys: Tensor) -> Tensor:
        """Whether the pixels xs (N, P) times ys (N, Q) lie on the picture -> (N, Q, P) bool."""
        return self.y.is_inside(ys)[:, :, None] & self.x.is_inside(xs)[:, None, :]

    def weights(
        self, xs: Tensor, ys: Tensor, origins: Tensor, window: int, kernel: ReadKernel = "bilinear"
    ) -> tuple[Tensor, Tensor]:
        """See GridAxis: of the pixels xs (N, ..., P) and ys (N, ..., Q) in windows at `origins` (N, 2),
        (N, ..., P, window) and (N, ..., Q, window)."""
        origins = origins.view(-1, 2, *[1] * (xs.dim() - 2))
        of_x, of_y = (
            axis.weights if kernel == "bilinear" else axis.spline_weights for axis in (self.x, self.y)
        )
        if self.x == self.y and xs.shape == ys.shape:
            both = of_x(torch.stack([xs, ys], dim=1), origins, window)
            return both[:, 0], both[:, 1]
        return of_x(xs, origins[:, 0], window), of_y(ys, origins[:, 1], window)

    def kernel_reach_px(self, kernel: ReadKernel) -> float:
        """How much further than `window_size` counts on a read by this kernel reaches."""
        return 0 if kernel == "bilinear" else self.y.picture_px / self.y.cells  # one cell more


@dataclass(frozen=True)
class FeatureWindows:
    """One square piece of the feature map per handle.

    values: (N, C, K, K); cells outside the map repeat the border (no read gives them weight).
    origins: (N, 2) int64, the map's cell (x, y) that values[n, :, 0, 0] holds.
    """

    grid: FeatureGrid
    values: Tensor
    origins: Tensor

    def weights(self, xs: Tensor, ys: Tensor, kernel: ReadKernel = "bilinear") -> tuple[Tensor, Tensor]:
        """See `FeatureGrid.weights`."""
        return self.grid.weights(xs, ys, self.origins, self.values.shape[-1], kernel)

    def read(self, xs: Tensor, ys: Tensor, kernel: ReadKernel = "bilinear") -> Tensor:
        """Features at the pixels xs (N, P) times ys (N, Q), which may be fractional -> (N, C, Q, P)."""
        return self.read_by(*self.weights(xs, ys, kernel))

    def read_by(self, wx: Tensor, wy: Tensor) -> Tensor:
        """Features by weights (N, P, K) and (N, Q, K), see `FeatureGrid.weights` -> (N, C, Q, P)."""
        count, channels, window, _ = self.values.shape
        across, down = wx.shape[1], wy.shape[1]
        # every channel shares its handle's weights: two batched products, instead of one per channel
        rows = self.values.reshape(count, channels * window, window) @ wx.transpose(1, 2)  # (N, C * K, P)
        rows = rows.view(count, channels, window, across).transpose(1, 2)  # (N, K, C, P); N may be 0
        read = wy @ rows.reshape(count, window, channels * across)  # (N, Q, C * P)
        return read.view(count, down, channels, across).transpose(1, 2)

    def detach(self) -> FeatureWindows:
        """The same windows without their gradient."""
        return FeatureWindows(self.grid, self.values.detach(), self.origins)


def read_at_cells(feature_map: Tensor, kernel: ReadKernel) -> Tensor:
    """What a kernel reads at the centres of all cells, (C, rows, columns) -> the same. Bilinear: the map
    itself, as between pixels only an enlarged copy has a little of a cell's neighbours at its centre."""
    if kernel == "bilinear":
        return feature_map
    padded = F.pad(feature_map[None], (1, 1, 1, 1), mode="replicate")[0]
    rows = 0.75 * padded[:, 1:-1] + (padded[:, :-2] + padded[:, 2:]) / 8
    return 0.75 * rows[..., 1:-1] + (rows[..., :-2] + rows[..., 2:]) / 8


def crop_windows(feature_map: Tensor, grid: FeatureGrid, centres: Tensor, reach_px: float) -> FeatureWindows:
    """Windows of a whole map (C, rows, columns) that hold every pixel within `reach_px` of `centres` (N, 2)
    px.

    A read between pixels takes both neighbours: both must be within reach. Gathered by index, so that the
    windows' places may stay on the device.
    """
    channels, rows, columns = feature_map.shape
    window = grid.window_size(reach_px)
    origins = grid.window_origins(centres, reach_px)  # (N, 2)
    index = origins[..., None] + torch.arange(window, device=origins.device)  # (N, 2, K)
    across, down = index[:, 0].clamp(0, columns - 1), index[:, 1].clamp(0, rows - 1)  # (N, K)
    flat = down[:, :, None] * columns + across[:, None, :]  # (N, K, K)
    values = feature_map.reshape(channels, -1).index_select(1, flat.reshape(-1))  # (C, N * K * K)
    values = values.view(channels, -1, window, window).transpose(0, 1)  # (N, C, K, K)
    return FeatureWindows(grid, values, origins)
