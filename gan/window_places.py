"""Where the windows of a chain of layers lie, of all layers at once: what each reads of the one below, which
cells are on the map, their noise.

j doublings below the feature map, a window begins at q = floor((o - 3 (2^j - 1)) / 2^j), o its origin on the
feature map. The layer that keeps the size produces it, reading from q - 1 on. The layer below that doubles
produces from an even cell on, 2 q' + 2, q' that of one doubling below, where it begins to read. So of what a
doubling layer produces, the one above it reads a part that begins at one of two places along each axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size


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


def layer_windows(layers: list[TrunkLayer], size: Size) -> list[LayerWindow]:
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


@dataclass(frozen=True)
class LayerPlaces:
    """selection (N, cells read, cells below): 0/1, which cells of the map, or of the window, below it reads,
    none where it leaves the map; None where it reads the window as it is. noise (N, 1, h, w) of what it
    produces, and inside (N, 1, h, w), 1 on the map and 0 beyond, None where the reader sees to that."""

    selection: Tensor | None
    noise: Tensor
    inside: Tensor | None


class WindowTable:
    """The places of a chain's windows as functions of their origins: a table of all their cells."""

    def __init__(self, chain: list[LayerWindow]) -> None:
        """chain: at least one, lowest first, the highest a layer that keeps the size."""
        self._chain_sizes = [window.size for window in chain]
        self._doubles = [window.layer.conv.up for window in chain]
        level = sum(self._doubles)  # doublings between what a layer produces and the feature map
        lowest, map_size = chain[0], chain[0].layer.source_size
        source = _part(lowest.source, map_size, level, 1, 0 if lowest.layer.conv.up else -1)
        reads: list[Tensor] = []  # of windows below
        begins: list[Tensor] = []  # as many: where those windows begin
        widths: list[Tensor] = []  # and how wide they are
        produced: list[Tensor] = []
        noises = 0
        for index, window in enumerate(chain):
            is_doubling, below = window.layer.conv.up, window.layer.source_size
            level -= is_doubling
            if index and not is_doubling:
                reads.append(_part(window.source, below, level, 1, -1))
                begins.append(_part(window.source, below, level + 1, 2, 2, moves=False))
                widths.append(torch.full((len(reads[-1]),), chain[index - 1].size[1]))
            at = (level + 1, 2, 2) if is_doubling else (level, 1, 0)
            produced.append(_part(window.size, window.layer.size, *at, base=noises))
            noises += window.layer.noise.numel()
        self._read_counts = [len(part) for part in reads]
        self._counts = [len(source), sum(self._read_counts), sum(self._read_counts), sum(map(len, produced))]
        like = lowest.layer.noise
        table = torch.cat([source, *reads, *begins, *produced]).to(like.device)  # (T, 2, 6)
        self._shift, self._step, self._times, self._plus, self._last, base = table.unbind(dim=2)
        self._base, self._width = base[:, 0].contiguous(), self._last[:, 0] + 1
        self._zero = torch.zeros_like(self._last)
        self._widths = torch.cat(widths).to(like.device) if widths else None
        self._noise = torch.cat([window.layer.noise.flatten() for window in chain])
        self._map_numbers = torch.arange(map_size[0] * map_size[1], device=like.device)
        self._below_counts = [h * w for h, w in self._chain_sizes[:-1]]
        self._numbers = torch.arange(max(self._below_counts, default=0), device=like.device)

    def places(self, origins: Tensor) -> list[LayerPlaces]:
        """Of every layer, lowest first, for windows of the feature map at origins (N, 2) int64."""
        at = torch.div(origins[:, None] - self._shift, self._step, rounding_mode="floor")
        at = torch.addcmul(self._plus, at, self._times)  # (N, T, 2): x, y
        on_map = torch.clamp(at, self._zero, self._last)
        inside = (on_map == at).all(dim=2)  # (N, T)
        number = torch.addcmul(on_map[..., 0] + self._base, on_map[..., 1], self._width)
        source, read, _, produced = torch.split(inside, self._counts, 1)
        of_map = number[:, : self._counts[0]].where(source, -1)
        noise = torch.take(self._noise, number[:, -self._counts[-1] :])
        beyond = produced.to(noise.dtype)
        selections = [_equal(of_map, self._map_numbers, noise.dtype)]
        if self._widths is not None:
            _, reads, begins, _ = torch.split(at, self._counts, 1)
            x, y = (reads - begins).unbind(dim=2)
            of_window = torch.addcmul(x, y, self._widths).where(read, -1)
            selections += torch.split(_equal(of_window, self._numbers, noise.dtype), self._read_counts, 1)
        return self._by_layer(selections, noise, beyond)

    def _by_layer(self, selections: list[Tensor], noise: Tensor, beyond: Tensor) -> list[LayerPlaces]:
        """The parts of each layer."""
        counts = [h * w for h, w in self._chain_sizes]
        left = iter(selections)
        result: list[LayerPlaces] = []
        for index, (of_noise, is_inside) in enumerate(
            zip(torch.split(noise, counts, 1), torch.split(beyond, counts, 1), strict=True)
        ):
            shape = len(noise), 1, *self._chain_sizes[index]
            selection = next(left) if not index or not self._doubles[index] else None
            if index and selection is not None:
                selection = selection[..., : self._below_counts[index - 1]]
            # the highest window is on the map; what a doubling layer produces, the next one selects
            is_read_beyond = index + 1 < len(counts) and not self._doubles[index]
            inside = is_inside.view(shape) if is_read_beyond else None
            result.append(LayerPlaces(selection, of_noise.view(shape), inside))
        return result


def _equal(numbers: Tensor, among: Tensor, dtype: torch.dtype) -> Tensor:
    """numbers (N, P), among (M,) -> (N, P, M): 1 where they are the same, else 0."""
    return (numbers[..., None] == among).to(dtype)


def _part(
    size: Size, map_size: Size, doublings: int, times: int, plus: int, base: int = 0, moves: bool = True
) -> Tensor:
    """(h * w, 2, 6): for every cell of a window (or as often its first, where it does not move on), for x and
    y, what is subtracted from the origin, what the rest is divided and multiplied by and what is added, the
    map's last cell, and where its noise begins."""
    ys, xs = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    part = torch.empty(size[0] * size[1], 2, 6, dtype=torch.int64)
    part[..., 0] = 3 * (2**doublings - 1)
    part[..., 1] = 2**doublings
    part[..., 2] = times
    part[..., 3] = plus
    if moves:
        part[..., 3] += torch.stack([xs.flatten(), ys.flatten()], dim=1)
    part[..., 4] = torch.tensor([map_size[1] - 1, map_size[0] - 1])
    part[..., 5] = base
    return part
