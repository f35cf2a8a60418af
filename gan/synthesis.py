"""The synthesis network: w_plus -> features of every block -> picture (StyleGAN2, section 2, skip RGB)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan.layers import ModulatedConv, ToRGB, upsample_rgb

NoiseMode = Literal["const", "none", "random"]


@dataclass(frozen=True)
class Block:
    """All layers at one resolution: conv0 (doubles; absent at 4x4), conv1, to-RGB."""

    resolution: int
    convs: tuple[ModulatedConv, ...]
    torgb: ToRGB


@dataclass(frozen=True)
class Synthesis:
    """The learnt constant and the blocks. Rows of w_plus: b4 reads 0 (conv1) and 1 (to-RGB);
    block k >= 1 reads 2k-1 (conv0), 2k (conv1), 2k+1 (to-RGB)."""

    const: Tensor  # (1, C, 4, 4)
    blocks: tuple[Block, ...]

    def trunk(self, w_plus: Tensor, last: int, noise: NoiseMode = "const", seed: int | None = None) -> Tensor:
        """Features of block `last` (a resolution) and nothing above: (N, num_ws, w_dim) -> (N, C, h, w)."""
        x = self._start(w_plus)
        row = 0
        noises = NoiseSource(noise, seed)
        for block in self.blocks:
            x = run_block(block, x, w_plus, row, noises)
            if block.resolution == last:
                return x
            row += len(block.convs)
        raise ValueError(f"no block of resolution {last}; there are {[b.resolution for b in self.blocks]}")

    def image(
        self,
        w_plus: Tensor,
        last: int | None = None,
        keep: Sequence[int] | None = None,
        noise: NoiseMode = "const",
        seed: int | None = None,
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """The RGB sum after block `last` (None = the picture) and the features of the blocks in `keep`
        (None = all that were run): (N, num_ws, w_dim) -> (N, 3, h, w), {resolution: (N, C, h, w)}."""
        x = self._start(w_plus)
        row = 0
        rgb: Tensor | None = None
        features: dict[int, Tensor] = {}
        noises = NoiseSource(noise, seed)
        for block in self.blocks:
            x = run_block(block, x, w_plus, row, noises)
            row += len(block.convs)
            if keep is None or block.resolution in keep:
                features[block.resolution] = x
            y = block.torgb(x, w_plus[:, row])
            rgb = y if rgb is None else upsample_rgb(rgb, block.convs[0].fir) + y
            if block.resolution == last:
                break
        assert rgb is not None
        return rgb, features

    def image_and_sums(self, w_plus: Tensor) -> tuple[Tensor, dict[int, Tensor], dict[int, Tensor]]:
        """The picture (N, 3, h, w), and of every block its RGB sum and its features, by resolution."""
        x = self._start(w_plus)
        row = 0
        rgb: Tensor | None = None
        sums: dict[int, Tensor] = {}
        features: dict[int, Tensor] = {}
        noises = NoiseSource("const", None)
        for block in self.blocks:
            features[block.resolution] = x = run_block(block, x, w_plus, row, noises)
            row += len(block.convs)
            y = block.torgb(x, w_plus[:, row])
            sums[block.resolution] = rgb = y if rgb is None else upsample_rgb(rgb, block.convs[0].fir) + y
        assert rgb is not None
        return rgb, sums, features

    def _start(self, w_plus: Tensor) -> Tensor:
        return self.const.expand(w_plus.shape[0], -1, -1, -1)


def run_block(block: Block, x: Tensor, w_plus: Tensor, row: int, noises: NoiseSource) -> Tensor:
    """The block's convolutions on the whole map, the first reading w_plus's `row`."""
    for offset, conv in enumerate(block.convs):
        x = conv(x, w_plus[:, row + offset], noises.noise_for(conv))
    return x


class NoiseSource:
    """Hands every layer its noise: the stored constant, none, or random (seeded, one draw a layer)."""

    def __init__(self, mode: NoiseMode, seed: int | None) -> None:
        self._mode = mode
        self._random = torch.Generator().manual_seed(seed or 0) if mode == "random" else None

    def noise_for(self, conv: ModulatedConv) -> Tensor | None:
        """Noise of the layer, (1, 1, h, w), already times its strength."""
        if self._mode == "const":
            return conv.noise
        if self._random is None:
            return None
        drawn = torch.randn(conv.noise.shape, generator=self._random)
        return drawn.to(conv.noise) * conv.noise_strength
