"""The trunk evaluated only where it is read: windows of the feature map, exact, layer by layer.

Demodulation depends on w and the weights, never on activations, so every layer of StyleGAN2 is local. A
window of the feature map therefore needs only a slightly larger window of the layer below (its receptive
field), with zeros where that leaves the map. All windows of one layer have the same size, so that the handles
are one batch and shapes never depend on positions: no host synchronisation, and a captured graph stays valid
while handles move.

Cutting a window out, padding with zeros and aligning its parity are one operation here: multiplication by 0/1
matrices from both sides. It is exact, differentiable, and faster than indexing for maps of this size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import ModulatedConv
from gan.synthesis import Synthesis


@dataclass(frozen=True)
class LayerWindow:
    """Sizes, in cells along one side, of one layer's window.

    source: what the layer reads; size: what it produces. For doubling layers `size` is one more than what is
    needed above, because the produced window begins at an even cell.
    """

    conv: ModulatedConv
    row: int  # of w_plus
    source: int
    size: int

    def window_macs(self) -> int:
        """Multiply-accumulates of the convolution on one window."""
        side = self.source if self.conv.up else self.size
        return 9 * self.conv.in_channels * self.conv.out_channels * side * side

    def whole_macs(self) -> int:
        """Multiply-accumulates of the convolution on the whole map."""
        rows, columns = map_size(self.conv)
        cells = rows * columns // 4 if self.conv.up else rows * columns
        return 9 * self.conv.in_channels * self.conv.out_channels * cells


class WindowedTrunk:
    """Feature windows of one size around any number of points, and the count of their operations."""

    def __init__(self, synthesis: Synthesis, feature_resolution: int, window_cells: int) -> None:
        """window_cells: side of the windows; what of it is beyond the map's longer side is cut off."""
        convs = [
            conv
            for block in synthesis.blocks
            if block.resolution <= feature_resolution
            for conv in block.convs
        ]
        self._const = synthesis.const
        self._window_cells = min(window_cells, max(map_size(convs[-1])))
        layers: list[LayerWindow] = []
        needed = self._window_cells
        for row in reversed(range(len(convs))):
            conv = convs[row]
            size = needed + 1 if conv.up else needed
            source = (size + 1) // 2 + 2 if conv.up else size + 2
            layers.append(LayerWindow(conv, row, source, size))
            needed = source
        self._layers = layers[::-1]

    def first_windowed(self, window_count: int, need_whole_map: bool = False) -> int:
        """Index of the first layer that is cheaper in windows; the layers below run on whole maps."""
        if need_whole_map:
            return len(self._layers)
        return min(range(len(self._layers) + 1), key=lambda first: (self._macs(first, window_count), -first))

    def operation_count(self, window_count: int, need_whole_map: bool = False) -> int:
        """Multiply-accumulates of one forward pass, counting the convolutions."""
        return self._macs(self.first_windowed(window_count, need_whole_map), window_count)

    def whole_map(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> the whole feature map (1, C, F, F)."""
        return self._run_whole(w_plus, len(self._layers))

    def windows(self, w_plus: Tensor, origins: Tensor) -> Tensor:
        """Windows of the feature map, (N, C, K, K).

        w_plus (num_ws, w_dim); origins (N, 2) int64: first cell (x, y) of each window, with the window inside
        the map. Values and gradients are those of the whole map. Karras et al. 2020, section 2.
        """
        first = self.first_windowed(origins.shape[0])
        x = self._run_whole(w_plus, first)  # (1, C, h, h)
        if first == len(self._layers):
            return crop(x, origins, None, self._window_cells, (x.shape[2], x.shape[3]))
        wanted = self._origins(origins, first)
        held: Tensor | None = None  # where the windows in x begin; None: x is the whole map
        for layer, (source_origin, origin) in zip(self._layers[first:], wanted, strict=True):
            rows, columns = map_size(layer.conv)
            source_map = (rows // 2, columns // 2) if layer.conv.up else (rows, columns)
            x = crop(x, source_origin, held, layer.source, source_map)
            x = run_on_window(layer, x, w_plus[layer.row], origin)
            held = origin
        return x

    def _origins(self, origins: Tensor, first: int) -> list[tuple[Tensor, Tensor]]:
        """(source origin, produced origin) of every windowed layer, lowest first, each (N, 2)."""
        result: list[tuple[Tensor, Tensor]] = []
        wanted = origins
        for layer in reversed(self._layers[first:]):
            if layer.conv.up:
                half = torch.div(wanted, 2, rounding_mode="floor")
                produced, source = half * 2, half - 1
            else:
                produced, source = wanted, wanted - 1
            result.append((source, produced))
            wanted = source
        return result[::-1]

    def _run_whole(self, w_plus: Tensor, count: int) -> Tensor:
        x = self._const
        for layer in self._layers[:count]:
            x = layer.conv(x, w_plus[None, layer.row], layer.conv.noise)
        return x

    def _macs(self, first: int, window_count: int) -> int:
        whole = sum(layer.whole_macs() for layer in self._layers[:first])
        return whole + window_count * sum(layer.window_macs() for layer in self._layers[first:])


def run_on_window(layer: LayerWindow, x: Tensor, w: Tensor, origin: Tensor) -> Tensor:
    """One synthesis layer on windows: x (N, in, source, source), w (w_dim,) -> (N, out, size, size).

    origin (N, 2): the map cell where each produced window begins; even for doubling layers.
    """
    conv = layer.conv
    style = conv.affine(w[None])  # (1, in)
    x = x * style[:, :, None, None]
    if conv.up:
        x = F.conv_transpose2d(x, conv.weight, stride=2)  # (N, out, 2 source + 1, ...)
        taps = fir_matrix(conv.fir, layer.size, x.shape[-1])
        x = taps @ x @ taps.T
    else:
        x = F.conv2d(x, conv.weight)
    noise = crop(conv.noise, origin, None, layer.size, map_size(conv))
    return conv.activate(x * conv.demodulation(style)[:, :, None, None], noise)


def map_size(conv: ModulatedConv) -> tuple[int, int]:
    """(rows, columns) of the map that a layer produces."""
    return conv.noise.shape[2], conv.noise.shape[3]


def crop(x: Tensor, wanted: Tensor, held: Tensor | None, size: int, of_map: tuple[int, int]) -> Tensor:
    """Windows of `size` cells that begin at `wanted` (N, 2), zero where they leave the map.

    x: (N, C, s, s) windows that begin at `held` (N, 2), or the whole map (1, C, rows, columns) when held is
    None. of_map: rows and columns of the map.
    """
    rows, columns = of_map
    across = selection(wanted[:, 0], None if held is None else held[:, 0], size, x.shape[3], columns, x.dtype)
    down = selection(wanted[:, 1], None if held is None else held[:, 1], size, x.shape[2], rows, x.dtype)
    return down[:, None] @ x @ across[:, None].transpose(2, 3)  # (N, C, size, size)


def selection(
    wanted: Tensor, held: Tensor | None, size: int, source: int, map_cells: int, dtype: torch.dtype
) -> Tensor:
    """0/1 matrix (N, size, source): row i picks cell wanted + i of an axis of `source` cells that begins at
    `held`, or nothing outside the map."""
    cells = wanted[:, None] + torch.arange(size, device=wanted.device)  # (N, size), map coordinates
    inside = (cells >= 0) & (cells < map_cells)
    local = cells if held is None else cells - held[:, None]
    picked = local[:, :, None] == torch.arange(source, device=wanted.device)  # (N, size, s)
    return (picked & inside[:, :, None]).to(dtype)


def fir_matrix(fir: Tensor, size: int, source: int) -> Tensor:
    """(size, source) banded matrix of the 4-tap filter for a window that begins one cell into its source."""
    row = torch.arange(size, device=fir.device)[:, None]
    tap = torch.arange(source, device=fir.device)[None] - row - 1  # (size, source)
    return torch.where((tap >= 0) & (tap < 4), fir[tap.clamp(0, 3)], torch.zeros_like(fir[0]))
