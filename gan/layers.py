"""The layers of StyleGAN2 as pure functions of constant weights (Karras et al. 2020, section 2, appendix B).

Where gradients are wanted, and for several latents at once, activations are scaled by the styles instead of
the weights: the same function, but the weights stay constant, so that no latent needs kernels of its own and
nothing a gradient of the weights. A picture of one latent is made by its own kernels, which are smaller than
the maps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LEAKY_SLOPE = 0.2
LEAKY_GAIN = math.sqrt(2.0)
DEMODULATION_EPSILON = 1e-8
# From maps of this size on, channels-last convolutions are the faster ones on a processor (measured on two
# cores). Not on a GPU, whose 32-bit kernels are made for the other order.
CHANNELS_LAST_FROM_CELLS = 32
# [1, 3, 3, 1] / 8 is the published anti-aliasing filter; upsampling by two doubles it per axis.
UPSAMPLING_TAPS = (0.25, 0.75, 0.75, 0.25)
# Columns of ToRGB's product in 16 bits, of which 3 are wanted: a GPU's tensor cores take products of eight.
PADDED_RGB = 8


@dataclass(frozen=True)
class Affine:
    """A dense layer with its published scale already folded in: y = x @ weight.T + bias."""

    weight: Tensor  # (out, in)
    bias: Tensor  # (out,)

    def __call__(self, x: Tensor) -> Tensor:
        """x (..., in) -> (..., out)."""
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True)
class ModulatedConv:
    """One 3x3 synthesis layer: style, convolution, demodulation, noise, bias, leaky ReLU.

    up: the layer doubles the resolution (stride-2 transposed convolution, then the FIR filter).
    power: sum over the kernel of weight**2, constant, for the demodulation factor.
    noise: noise_const * noise_strength, constant.
    """

    resolution: int
    up: bool
    weight: Tensor  # (out, in, 3, 3); for up layers (in, out, 3, 3), as conv_transpose2d wants it
    power: Tensor  # (out, in)
    affine: Affine  # w -> style (in,)
    noise: Tensor  # (1, 1, h, w)
    noise_strength: Tensor  # ()
    bias: Tensor  # (out,)
    fir: Tensor  # (4,): UPSAMPLING_TAPS
    clamp: float | None

    @property
    def out_channels(self) -> int:
        """Feature channels that the layer produces."""
        return self.power.shape[0]

    @property
    def in_channels(self) -> int:
        """Feature channels that the layer reads."""
        return self.power.shape[1]

    def __call__(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """x (N, in, h, w), w (N, w_dim), noise broadcastable to the output or None -> (N, out, h', w')."""
        style = self.affine(w)  # (N, in)
        # leaky ReLU is positively homogeneous: its gain goes into what is scaled anyway
        scale = self.demodulation(style) * LEAKY_GAIN  # (N, out)
        if x.shape[-1] >= CHANNELS_LAST_FROM_CELLS and x.device.type == "cpu":
            x = x.contiguous(memory_format=torch.channels_last)
        if self._has_smaller_kernel(x, style):
            weight = self.modulated(style[0], scale[0])
            return self._activated(self._convolved(x, weight, self.bias * LEAKY_GAIN), noise)
        x = self._convolved(x * style[:, :, None, None], self.weight, None) * scale[:, :, None, None]
        x += (self.bias * LEAKY_GAIN)[:, None, None]
        return self._activated(x, noise)

    def modulated(self, style: Tensor, scale: Tensor) -> Tensor:
        """The kernel of one latent, as `weight`: inputs times style (in,), outputs times scale (out,)."""
        of_kernel = style[:, None] * scale if self.up else scale[:, None] * style
        return self.weight * of_kernel[:, :, None, None]

    def _has_smaller_kernel(self, x: Tensor, style: Tensor) -> bool:
        """Of one latent the kernel is scaled faster than what it reads and makes. Gradients need the maps:
        from those of a kernel they would cost a convolution."""
        cells = x.shape[2] * x.shape[3]
        of_maps = cells * (self.in_channels + self.out_channels * (4 if self.up else 1))
        return x.shape[0] == 1 and not style.requires_grad and of_maps > self.weight.numel()

    def _convolved(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.up:
            return upsampling_conv(x, weight, self.fir, bias)
        return F.conv2d(x, weight, bias, padding=1)

    def demodulation(self, style: Tensor) -> Tensor:
        """style (N, in) -> rsqrt(sum over in and kernel of (W * s)^2 + 1e-8), (N, out)."""
        return (style.square() @ self.power.T + DEMODULATION_EPSILON).rsqrt()

    def _activated(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """Noise, leaky ReLU, clamp: x (N, out, h, w), with bias, times LEAKY_GAIN already -> the same shape.

        Writes into x, which must be the caller's own: at 256 px a copy of a layer costs as much as its ReLU.
        """
        if noise is not None:
            x += noise * LEAKY_GAIN
        x = F.leaky_relu_(x, LEAKY_SLOPE)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


@dataclass(frozen=True)
class ToRGB:
    """1x1 convolution to RGB: modulated, not demodulated; the weight is folded with 1/sqrt(in)."""

    weight: Tensor  # (3, in)
    affine: Affine
    bias: Tensor  # (3,)
    clamp: float | None

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        """x (N, in, h, w), w (N, w_dim) -> (N, 3, h, w)."""
        style = self.affine(w)  # (N, in)
        weight = self.weight
        if len(style) == 1:  # the kernel is smaller than the map
            weight = weight * style
        else:
            x = x * style[:, :, None, None]
        y = F.conv2d(x, weight[:, :, None, None], self.bias)
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


def upsampling_conv(x: Tensor, weight: Tensor, fir: Tensor, bias: Tensor | None = None) -> Tensor:
    """Stride-2 transposed 3x3 convolution, then the 4-tap FIR filter: (N, in, h, w) -> (N, out, 2h, 2w)."""
    x = F.conv_transpose2d(x, weight, stride=2)  # (N, out, 2h + 1, 2w + 1)
    return fir_filter(x, fir, padding=1, bias=bias)


def fir_filter(x: Tensor, fir: Tensor, padding: int, bias: Tensor | None = None) -> Tensor:
    """The symmetric filter along both axes, every channel alone: (N, C, h, w) -> (N, C, h + 2p - 3, ...)."""
    channels = x.shape[1]
    if x.device.type == "cpu":  # bound by memory: half as many passes count more than half as many products
        kernel = torch.outer(fir, fir).expand(channels, 1, 4, 4)
        return F.conv2d(x, kernel, bias, padding=padding, groups=channels)
    x = F.conv2d(x, fir.view(1, 1, 4, 1).expand(channels, 1, 4, 1), padding=(padding, 0), groups=channels)
    across = fir.view(1, 1, 1, 4).expand(channels, 1, 1, 4)
    return F.conv2d(x, across, bias, padding=(0, padding), groups=channels)


def upsample_rgb(x: Tensor, fir: Tensor) -> Tensor:
    """The skip RGB's upsampling by two with the same filter: (N, 3, h, w) -> (N, 3, 2h, 2w).

    [1, 3, 3, 1] / 4 between two samples is linear interpolation, beyond the border with zeros.
    """
    if x.requires_grad:  # a GPU adds up the gradient of an interpolation in any order
        channels = x.shape[1]
        kernel = torch.outer(fir, fir).expand(channels, 1, 4, 4)
        return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)
    larger = F.interpolate(F.pad(x, (1, 1, 1, 1)), scale_factor=2, mode="bilinear", align_corners=False)
    return larger[:, :, 2:-2, 2:-2]


def normalise_second_moment(x: Tensor) -> Tensor:
    """x * rsqrt(mean(x^2) + 1e-8) over the last axis."""
    return x * (x.square().mean(dim=-1, keepdim=True) + 1e-8).rsqrt()
