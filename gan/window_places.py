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


@dataclass(frozen=True)
class _Read:
    """Of a layer that selects. cells: of the table, those that it reads. begins: of the table, as many, where
    what it selects from begins. width, count: cells of that."""

    cells: slice
    begins: slice
    width: int
    count: int


class WindowTable:
    """The places of a chain's windows as functions of their origins: a table of all their cells."""

    def __init__(self, chain: list[LayerWindow]) -> None:
        """chain: at least one, lowest first, the highest a layer that keeps the size."""
        level = sum(window.layer.conv.up for window in chain)  # doublings between what a layer produces and o
        parts: list[Tensor] = []  # (cells, 2, 6) each, see _part
        self._reads: list[_Read | None] = []
        self._produced: list[slice] = []
        self._sizes = [window.size for window in chain]
        self._is_masked = [
            not window.layer.conv.up and index + 1 < len(chain) for index, window in enumerate(chain)
        ]
        noises = 0

        def add(part: Tensor) -> slice:
            begin = sum(map(len, parts))
            parts.append(part)
            return slice(begin, begin + len(part))

        for index, window in enumerate(chain):
            read: _Read | None = None
            up, below = window.layer.conv.up, window.layer.source_size
            before = level
            level -= up
            if index == 0 or not up:
                at = (before, 1, 0) if up else (level, 1, -1)
                cells = add(_part(window.source, below, *at))
                if index == 0:
                    begins = add(_part(window.source, below, 0, 0, 0, moves=False))
                    read = _Read(cells, begins, below[1], below[0] * below[1])
                else:
                    size = chain[index - 1].size
                    begins = add(_part(window.source, below, level + 1, 2, 2, moves=False))
                    read = _Read(cells, begins, size[1], size[0] * size[1])
            self._reads.append(read)
            at = (level + 1, 2, 2) if up else (level, 1, 0)
            self._produced.append(add(_part(window.size, window.layer.size, *at, base=noises)))
            noises += window.layer.noise.numel()
        like = chain[0].layer.noise
        table = torch.cat(parts).to(like.device)  # (T, 2, 6)
        self._shift, self._step, self._times, self._plus, self._last, base = table.unbind(dim=2)
        self._base, self._width = base[:, 0].contiguous(), self._last[:, 0] + 1
        self._zero = torch.zeros_like(self._last)
        self._noise = torch.cat([window.layer.noise.flatten() for window in chain])
        most = max(read.count for read in self._reads if read is not None)
        self._numbers = torch.arange(most, device=like.device)

    def places(self, origins: Tensor) -> list[LayerPlaces]:
        """Of every layer, lowest first, for windows of the feature map at origins (N, 2) int64."""
        at = torch.div(origins[:, None] - self._shift, self._step, rounding_mode="floor")
        at = torch.addcmul(self._plus, at, self._times)  # (N, T, 2): x, y
        on_map = torch.clamp(at, self._zero, self._last)
        inside = (on_map == at).all(dim=2)  # (N, T)
        in_noise = torch.addcmul(on_map[..., 0] + self._base, on_map[..., 1], self._width)
        noise = torch.take(self._noise, in_noise)
        share = inside.to(noise.dtype)
        result: list[LayerPlaces] = []
        for read, cells, size, is_masked in zip(
            self._reads, self._produced, self._sizes, self._is_masked, strict=True
        ):
            shape = len(origins), 1, *size
            selection = None
            if read is not None:
                x, y = (at[:, read.cells] - at[:, read.begins]).unbind(dim=2)  # (N, cells)
                place = torch.add(x, y, alpha=read.width).masked_fill_(~inside[:, read.cells], -1)
                selection = (place[..., None] == self._numbers[: read.count]).to(noise.dtype)
            beyond = share[:, cells].view(shape) if is_masked else None
            result.append(LayerPlaces(selection, noise[:, cells].view(shape), beyond))
        return result


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
