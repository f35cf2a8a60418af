"""The trunk evaluated only where it is read: windows of the feature map, exact, layer by layer.

Demodulation depends on w and the weights, never on activations, so every layer of StyleGAN2 is local. A
window of the feature map therefore needs only a slightly larger window of the layer below (its receptive
field), with zeros where that leaves the map. All windows have the same size and their places stay on the
device: shapes never depend on positions, so a captured graph stays valid while handles move.

Windows are cut from a whole map by `gan.window_cut`. Between layers the cut is a choice between two slices,
because a window is never more than one cell off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor

from gan.layers import separable_fir
from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size, cut_windows


@dataclass(frozen=True)
class LayerWindow:
    """Sizes of one layer's window. source: what it reads; size: what it produces, one more cell than the
    layer above needs where it doubles, because the produced window begins at an even cell."""

    layer: TrunkLayer
    source: Size
    size: Size

    def macs(self) -> int:
        """Multiply-accumulates of the convolution on one window."""
        return self.layer.macs(*(self.source if self.layer.conv.up else self.size))


class WindowedTrunk:
    """Feature maps, whole or in windows of any size, and the count of their operations."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, 4, 4); layers lowest first."""
        self._const = const
        self._layers = layers
        # of functions that know the layers, not of methods: a trunk that knew itself would keep its kernels
        # in a GPU's memory until the next collection of garbage
        self.window_layers = lru_cache(maxsize=None)(partial(_window_layers, layers))
        self._suffix_macs = lru_cache(maxsize=None)(partial(_count_suffix, self.window_layers))
        counts = [layer.macs(*(layer.source_size if layer.conv.up else layer.size)) for layer in layers]
        self._whole_macs = [sum(counts[:first]) for first in range(len(layers) + 1)]

    @property
    def layer_count(self) -> int:
        """Layers up to the feature block."""
        return len(self._layers)

    def whole_macs(self, first: int | None = None) -> int:
        """Multiply-accumulates of the first layers (None = all) on whole maps."""
        return self._whole_macs[len(self._layers) if first is None else first]

    def window_macs(self, size: Size, first: int) -> int:
        """Multiply-accumulates of the layers from `first` on, for one window of the feature map."""
        return self._suffix_macs(size)[first]

    def maps(self, w_plus: Tensor, count: int) -> Tensor:
        """The whole map after the first `count` layers, (1, C, h, w). w_plus (num_ws, w_dim)."""
        x = self._const
        for layer in self._layers[:count]:
            x = layer.whole(x, w_plus)
        return x

    def windows(self, base: Tensor, first: int, w_plus: Tensor, origins: Tensor, size: Size) -> Tensor:
        """Windows of the feature map, (N, C, *size).

        base: the whole map after `first` layers. origins (N, 2) int64: first cell (x, y) of each window, with
        the window inside the map. Values and gradients are those of the whole map.
        """
        chain = self.window_layers(size)[first:]
        if not chain:
            return cut_windows(base, origins, size)
        wanted = _origins(chain, origins)
        source, held = wanted[0]
        x = cut_windows(base, source, chain[0].source)
        for index, (window, (source, produced)) in enumerate(zip(chain, wanted, strict=True)):
            if index:
                x = _shifted(x, source - held, window.source) if window.source != x.shape[-2:] else x
                x = x * _inside(source, window.source, window.layer.source_size).to(x.dtype)
            x = _run(window, x, w_plus, produced)
            held = produced
        return x


def _window_layers(layers: list[TrunkLayer], size: Size) -> list[LayerWindow]:
    """What every layer reads and produces for a window of the feature map of that size, lowest first."""
    result: list[LayerWindow] = []
    needed = size
    for layer in reversed(layers):
        if layer.conv.up:
            produced = needed[0] + 1, needed[1] + 1
            source = (produced[0] + 1) // 2 + 2, (produced[1] + 1) // 2 + 2
        else:
            produced, source = needed, (needed[0] + 2, needed[1] + 2)
        result.append(LayerWindow(layer, source, produced))
        needed = source
    return result[::-1]


def _count_suffix(window_layers: Callable[[Size], list[LayerWindow]], size: Size) -> list[int]:
    """Multiply-accumulates of the layers from each on, for one window of that size."""
    counts = [window.macs() for window in window_layers(size)]
    return [sum(counts[first:]) for first in range(len(counts) + 1)]


def _origins(chain: list[LayerWindow], origins: Tensor) -> list[tuple[Tensor, Tensor]]:
    """(source origin, produced origin) of every layer in the chain, lowest first, each (N, 2)."""
    result: list[tuple[Tensor, Tensor]] = []
    for window in reversed(chain):
        if window.layer.conv.up:
            half = torch.div(origins, 2, rounding_mode="floor")
            produced, source = half * 2, half - 1
        else:
            produced, source = origins, origins - 1
        result.append((source, produced))
        origins = source
    return result[::-1]


def _run(window: LayerWindow, x: Tensor, w_plus: Tensor, origin: Tensor) -> Tensor:
    """One layer on windows: x (N, in, *source) -> (N, out, *size) that begin at `origin` (N, 2)."""
    layer = window.layer
    style, scale = layer.scales(w_plus)
    if style is not None:
        x = x * style
    x = layer.convolve(x, padding=0)
    if layer.conv.up:  # it begins one cell before the window, and goes beyond
        x = separable_fir(x[:, :, 1 : window.size[0] + 4, 1 : window.size[1] + 4], layer.conv.fir, padding=0)
    return layer.finish(x, scale, _noise(layer.noise, origin, window.size))


def _noise(noise: Tensor, origin: Tensor, size: Size) -> Tensor:
    """The noise (h, w) under windows -> (N, 1, *size); beyond the map anything, it is zeroed above."""
    xs = (origin[:, 0, None] + _range(size[1], origin)).clamp(0, noise.shape[1] - 1)  # (N, K')
    ys = (origin[:, 1, None] + _range(size[0], origin)).clamp(0, noise.shape[0] - 1)  # (N, K)
    return noise[ys[:, :, None], xs[:, None, :]][:, None]


def _shifted(x: Tensor, offset: Tensor, size: Size) -> Tensor:
    """x (N, C, h, w) from `offset` (N, 2) in {0, 1} on, `size` cells."""
    height, width = size
    right = (offset[:, 0] == 1)[:, None, None, None]
    x = torch.where(right, x[..., 1 : 1 + width], x[..., :width])
    lower = (offset[:, 1] == 1)[:, None, None, None]
    return torch.where(lower, x[:, :, 1 : 1 + height], x[:, :, :height])


def _inside(origin: Tensor, size: Size, map_size: Size) -> Tensor:
    """Which cells of windows lie on the map: (N, 1, *size) bool."""
    xs, ys = origin[:, 0, None] + _range(size[1], origin), origin[:, 1, None] + _range(size[0], origin)
    across, down = (xs >= 0) & (xs < map_size[1]), (ys >= 0) & (ys < map_size[0])
    return (down[:, :, None] & across[:, None, :])[:, None]


def _range(count: int, like: Tensor) -> Tensor:
    return torch.arange(count, device=like.device)
