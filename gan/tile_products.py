"""Products of a 3x3 kernel with tiles of cells: what `gan.row_products` does, by fewer of them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from gan import row_products
from gan.cell_lists import Cells
from gan.cell_tiles import POSITIONS, TilePart, Tiles, position_kernels, tile_count
from gan.row_products import padded_count, position_products
from gan.trunk_layers import TrunkLayer

# Channels; maps of fewer are convolved faster whole, and cost little (measured on one core).
TILES_FROM_CHANNELS = 48
# Fewer are bound by reading the kernels, which are almost twice as large as the layer's own.
TILES_FROM = 64


class TileProducts:
    """The kernel of a layer that does not double, ready for tiles, for both directions."""

    def __init__(self, layer: TrunkLayer) -> None:
        self._kernels = position_kernels(layer.weight)

    def convolve(self, x: Tensor, tiles: Tiles) -> Tensor:
        """x (sources, in) -> (cells, out)."""
        return _joined([_of_part(x, self._kernels, part) for part in tiles.parts], tiles)

    def convolve_backward(self, g: Tensor, tiles: Tiles) -> Tensor:
        """g (cells, out) -> (sources, in)."""
        kernels = self._kernels.transpose(1, 2)
        return _joined([_of_part(g, kernels, part) for part in tiles.parts], tiles)


def has_tiles(layer: TrunkLayer) -> bool:
    """The layer's maps are faster in tiles than whole."""
    return not layer.conv.up and min(layer.conv.in_channels, layer.conv.out_channels) >= TILES_FROM_CHANNELS


def tiles_pay(layer: TrunkLayer, cells: Cells) -> bool:
    """These cells (h, w) are faster in tiles than one by one."""
    return has_tiles(layer) and tile_count(cells) >= TILES_FROM


def most_tiles(layer: TrunkLayer) -> int:
    """Of a part, that its rows stay within PART_BYTES."""
    channels = max(layer.conv.in_channels, layer.conv.out_channels)
    return max(row_products.PART_BYTES // (POSITIONS * channels * layer.weight.element_size()), 1)


def _of_part(x: Tensor, kernels: Tensor, part: TilePart) -> Tensor:
    spread = F.embedding_bag(part.spread, x, mode="sum", per_sample_weights=part.spread_weights)
    products = position_products(spread.view(POSITIONS, -1, x.shape[1]), kernels).flatten(0, 1)
    return F.embedding_bag(part.gathered, products, mode="sum", per_sample_weights=part.gathered_weights)


def _joined(sums: list[Tensor], tiles: Tiles) -> Tensor:
    """Each part's rows at its place; what two parts have in common is added up."""
    if len(sums) == 1:
        return sums[0]
    joined = sums[0].new_empty(padded_count(tiles.count), sums[0].shape[1])
    end = 0
    for rows, part in zip(sums, tiles.parts, strict=True):
        shared = end - part.begin
        joined[part.begin : end] += rows[:shared]
        end = part.begin + len(rows)
        joined[part.begin + shared : end] = rows[shared:]
    return joined
