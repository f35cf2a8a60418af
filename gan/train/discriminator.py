"""StyleGAN2's residual discriminator (Karras et al. 2020, sections 3 and appendix B), from the paper."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.architecture import Architecture
from gan.layers import LEAKY_GAIN, LEAKY_SLOPE, UPSAMPLING_TAPS, fir_filter

STDDEV_GROUP = 4  # pictures whose spread is one number of the last block's extra channel
STDDEV_EPSILON = 1e-8


class Discriminator(nn.Module):
    """Pictures (N, 3, H, W) -> one logit each, (N, 1): positive means real.

    architecture: the generator's; its widths are mirrored. Weights are drawn from `seed`.
    """

    def __init__(self, architecture: Architecture, seed: int) -> None:
        super().__init__()
        if (architecture.base_height, architecture.base_width) != (4, 4):
            raise ValueError("pictures that are not square cannot be trained on")
        source = torch.Generator().manual_seed(seed)
        channels = architecture.channels
        self.clamp = architecture.conv_clamp
        resolutions = architecture.block_resolutions[:0:-1]  # resolution, ..., 8
        self.from_rgb = ScaledConv(3, channels[architecture.resolution], 1, source)
        self.blocks = nn.ModuleList(ResidualBlock(channels[r], channels[r // 2], source) for r in resolutions)
        self.last_conv = ScaledConv(channels[4] + 1, channels[4], 3, source)
        self.dense = ScaledDense(16 * channels[4], channels[4], source)
        self.logit = ScaledDense(channels[4], 1, source)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 1)."""
        x = activated(self.from_rgb(pictures.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            x = block(x)
            x = x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
        x = with_batch_stddev(x)  # (N, C + 1, 4, 4)
        x = activated(self.last_conv(x)).flatten(1)
        return at_least_float32(self.logit(activated(self.dense(x))))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the second halving the resolution, and a halved 1x1 shortcut."""

    def __init__(self, in_channels: int, out_channels: int, source: torch.Generator) -> None:
        super().__init__()
        self.conv0 = ScaledConv(in_channels, in_channels, 3, source)
        self.conv1 = ScaledConv(in_channels, out_channels, 3, source, down=True)
        self.shortcut = ScaledConv(in_channels, out_channels, 1, source, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, h, w) -> (N, out, h / 2, w / 2); the sum has the variance of one of its parts."""
        y = activated(self.conv1(activated(self.conv0(x))))
        return (y + self.shortcut(x)) * math.sqrt(0.5)


class ScaledConv(nn.Module):
    """A convolution whose unit-normal weights are scaled by 1 / sqrt(fan-in) as they are used."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        source: torch.Generator,
        down: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel, generator=source))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.scale = 1 / math.sqrt(in_channels * kernel**2)
        self.down = down
        self.register_buffer("fir", torch.tensor(UPSAMPLING_TAPS) / 2, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, h, w) -> (N, out, h, w), or half of it, filtered against aliasing first."""
        kernel = self.weight.shape[-1]
        weight = self.weight * self.scale
        if not self.down:
            return F.conv2d(x, weight, self.bias, padding=kernel // 2)
        fir = self.get_buffer("fir").to(x.dtype)
        # the filter's 4 taps and the kernel's cells: (h + 2 * padding - 3 - kernel) // 2 + 1 = h / 2
        x = fir_filter(x, fir, padding=1 + kernel // 2)
        return F.conv2d(x, weight, self.bias, stride=2)


class ScaledDense(nn.Module):
    """A dense layer with unit-normal weights, scaled as they are used."""

    def __init__(self, in_features: int, out_features: int, source: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features, generator=source))
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.scale = 1 / math.sqrt(in_features)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in) -> (N, out)."""
        return F.linear(x, self.weight * self.scale, self.bias)


def at_least_float32(x: Tensor) -> Tensor:
    """16-bit numbers as float32, wider ones as they are."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def activated(x: Tensor) -> Tensor:
    """Leaky ReLU with the gain that keeps the variance."""
    return F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN


def with_batch_stddev(x: Tensor) -> Tensor:
    """Appends one channel: the mean spread of the features over groups of pictures (Karras et al. 2018).

    Groups are neighbours in the batch: one over several processes has the groups of one process where every
    part is a multiple of 4. (N, C, h, w) -> (N, C + 1, h, w); smaller groups where 4 does not divide N.
    """
    count, channels, height, width = x.shape
    group = max(size for size in range(1, STDDEV_GROUP + 1) if count % size == 0)
    groups = at_least_float32(x).view(count // group, group, channels, height, width)
    spread = (groups.var(dim=1, unbiased=False) + STDDEV_EPSILON).sqrt().mean(dim=(1, 2, 3))  # (N / group,)
    spread = spread.repeat_interleave(group)[:, None, None, None].expand(-1, 1, height, width)
    return torch.cat([x, spread.to(x.dtype)], dim=1)
