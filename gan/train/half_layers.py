"""StyleGAN2's layers with 16-bit convolutions: the same functions as gan/layers.py, kept in float16's range.

Demodulation divides out any factor of the style and of the weights, so both are brought to order one before
the convolution (Karras et al. 2021, StyleGAN2-ADA, appendix); styles and demodulation stay in float32.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import DEMODULATION_EPSILON, LEAKY_GAIN, ModulatedConv, ToRGB, upsampling_conv


def half_conv(conv: ModulatedConv, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
    """`ModulatedConv.__call__` for x (N, in, h, w) in float16 or bfloat16."""
    style = conv.affine(w)  # (N, in)
    style = style / style.abs().amax(dim=1, keepdim=True).clamp(min=1e-6)
    scale = 1 / math.sqrt(9 * conv.in_channels)
    weight = (conv.weight * scale).to(x.dtype)
    power = conv.power * scale**2
    demodulation = (style.square() @ power.T + DEMODULATION_EPSILON).rsqrt()  # (N, out)
    x = x.contiguous(memory_format=torch.channels_last) * style.to(x.dtype)[:, :, None, None]
    x = upsampling_conv(x, weight, conv.fir.to(x.dtype)) if conv.up else F.conv2d(x, weight, padding=1)
    x = x * (demodulation * LEAKY_GAIN).to(x.dtype)[:, :, None, None]
    return conv.activate(x, noise)


def half_torgb(torgb: ToRGB, x: Tensor, w: Tensor) -> Tensor:
    """`ToRGB.__call__` for x in 16 bits; the RGB is float32."""
    style = torgb.affine(w).to(x.dtype)  # (N, in)
    weight = torgb.weight.to(x.dtype)[:, :, None, None]
    y = F.conv2d(x * style[:, :, None, None], weight).float() + torgb.bias[:, None, None]
    return y if torgb.clamp is None else y.clamp(-torgb.clamp, torgb.clamp)
