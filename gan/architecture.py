"""The architecture of a StyleGAN2 generator: every number that its tensors' shapes follow from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gan.errors import ModelFileError

WIDE_CHANNELS = 128  # of the sixth block in the narrowest published generators (256 px, channel base 16384)


@dataclass(frozen=True)
class Architecture:
    """Shapes and constants of one generator (Karras et al. 2020, skip architecture).

    channels: feature channels of every block, by resolution (4, 8, ... resolution).
    resolution: of the last block; the picture's height where the base is 4 high, as usual.
    conv_clamp: activations are clamped to +-conv_clamp after each layer; None = no clamp.
    base_height, base_width: cells of the learnt constant; every block doubles both. 4 x 4 unless the
    pictures are not square (StyleGAN-Human: 4 x 2).
    """

    resolution: int
    z_dim: int
    w_dim: int
    c_dim: int
    mapping_layer_count: int
    channels: dict[int, int]
    conv_clamp: float | None = None
    img_channels: int = 3
    base_height: int = 4
    base_width: int = 4

    def __post_init__(self) -> None:
        if self.resolution not in (2**k for k in range(3, 12)):
            raise ModelFileError(
                f"the generator's resolution is {self.resolution}; allowed are powers of two from 8 to 2048"
            )
        if sorted(self.channels) != self.block_resolutions:
            raise ModelFileError(
                f"channel widths are given for {sorted(self.channels)}; needed are {self.block_resolutions}"
            )
        if not (1 <= self.base_height <= 16 and 1 <= self.base_width <= 16):
            raise ModelFileError(
                f"the learnt constant has {self.base_height} x {self.base_width} cells; allowed are 1 to 16"
            )

    def block_size(self, resolution: int) -> tuple[int, int]:
        """(height, width) in cells of the block of that resolution."""
        return self.base_height * (resolution // 4), self.base_width * (resolution // 4)

    @property
    def block_resolutions(self) -> list[int]:
        """Resolutions of the synthesis blocks, lowest first: [4, 8, ..., resolution]."""
        return [2**k for k in range(2, int(math.log2(self.resolution)) + 1)]

    @property
    def num_ws(self) -> int:
        """Rows of w_plus: one for every convolution and one for the last to-RGB layer."""
        return 2 * int(math.log2(self.resolution)) - 2

    @property
    def default_feature_resolution(self) -> int:
        """Resolution of the feature map to drag on: the sixth block (128), or, in smaller
        generators, the block of a quarter of the picture, as the sixth is at 512 px, but with no
        fewer than 32 cells, or half of the picture's: below that every place resembles every other.

        Where that block is narrow, the highest one below it that has as many channels as the narrowest
        published sixth block: few channels tell places apart less, and handles slip."""
        block = 128 if self.resolution >= 256 else max(self.resolution // 4, min(32, self.resolution // 2))
        wide = [r for r in self.block_resolutions if 32 <= r <= block and self.channels[r] >= WIDE_CHANNELS]
        return max(wide, default=block)

    @staticmethod
    def channel_table(resolution: int, channel_base: int, channel_max: int) -> dict[int, int]:
        """Published widths: min(channel_base // r, channel_max) at every resolution r."""
        return {
            r: min(channel_base // r, channel_max)
            for r in (2**k for k in range(2, int(math.log2(resolution)) + 1))
        }
