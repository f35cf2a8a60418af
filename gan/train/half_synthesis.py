"""The learning generator's picture with 16-bit convolutions, in few passes over its maps.

The same function as gan/layers.py. On a GPU these small maps are bound by memory and by launches, so what is
applied to every pixel is merged: LeakyReLU's gain goes into the next layer's style (the ReLU is positively
homogeneous), demodulation, noise and bias are one operation, the upsampling filter goes into its
convolution's kernel, ToRGB's style goes into its weight, and all styles come from one product. Styles,
demodulation and the RGB sum stay in float32.

float16 ends at 65504: there styles and weights are brought to order one first, which demodulation divides out
again (Karras et al. 2021, StyleGAN2-ADA, appendix). bfloat16 has float32's range and needs none of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.architecture import Architecture
from gan.layers import DEMODULATION_EPSILON, LEAKY_GAIN, PADDED_RGB, UPSAMPLING_TAPS
from gan.train.activation import Activation, plain_activation

# (a layer's stored noise, its strength) -> its noise, broadcastable to (N, 1, h, w)
NoiseFor = Callable[[Tensor, Tensor], Tensor]

_LAST = torch.channels_last


class HalfSynthesis:
    """What `half_picture` needs beside the weights, on their device.

    scales: of every affine weight, (out, w_dim), by the layer's name; a bias has none. activation: may be
    replaced by the fused one.
    """

    def __init__(
        self, architecture: Architecture, scales: Mapping[str, Tensor], device: torch.device | str
    ) -> None:
        self.architecture = architecture
        self.activation: Activation = plain_activation
        self.layers = _layers(architecture)
        self.scales = torch.cat([scales[f"{layer}.affine.weight"] for layer in self.layers]).to(device)
        self.sizes = [len(scales[f"{layer}.affine.weight"]) for layer in self.layers]
        # what comes out of a layer lacks its gain; the constant never had one
        gains = [1.0 if layer == "synthesis.b4.conv1" else LEAKY_GAIN for layer in self.layers]
        spread = [torch.full((size,), gain) for size, gain in zip(self.sizes, gains, strict=True)]
        self.gains = torch.cat(spread).to(device)
        self.kernel_spread = _kernel_spread().to(device)
        sizes_px = {side // 2**k for side in _sides(architecture) for k in range(1, 9) if side % 2**k == 0}
        self.upsamplers = {size: _upsampler(size).to(device) for size in sizes_px}


def half_picture(
    fixed: HalfSynthesis,
    weights: Mapping[str, Tensor],
    constants: Mapping[str, Tensor],
    w_plus: Tensor,
    noise_for: NoiseFor | None,
    dtype: torch.dtype,
) -> Tensor:
    """w_plus (N, num_ws, w_dim), or (N, 1, w_dim) for all rows alike -> pictures (N, 3, h, w), float32."""
    styles = _styles(fixed, weights, w_plus)  # (N, all channels)
    if dtype == torch.float16:
        styles = _of_order_one(fixed, styles)
    carried = torch.split((styles * fixed.gains).to(dtype), fixed.sizes, dim=1)
    squares = torch.split(styles.square(), fixed.sizes, dim=1)
    const = weights["synthesis.b4.const"]
    x = const.view(1, *const.shape[-3:]).to(dtype, memory_format=_LAST) * carried[0][:, :, None, None]
    clamp = fixed.architecture.conv_clamp
    rgb: Tensor | None = None
    for number, layer in enumerate(fixed.layers):
        if layer.endswith("torgb"):
            continue
        x, demodulation = _convolved(fixed, layer, weights, x, squares[number])
        shift, noise = _shift(layer, weights, constants, noise_for)
        is_seen = layer.endswith("conv1")  # ToRGB comes between it and the next convolution
        following = number + (2 if is_seen else 1)
        style = carried[following] if following < len(carried) else None
        seen, styled = fixed.activation(x, demodulation, shift, noise, style, is_seen, clamp)
        if seen is not None:
            y = _torgb(fixed.layers[number + 1], weights, seen, carried[number + 1])
            y = y if clamp is None else y.clamp(-clamp, clamp)
            rgb = y if rgb is None else _upsampled(fixed, rgb) + y
        x = styled if styled is not None else x
    assert rgb is not None
    return rgb


def composed_kernel(weight: Tensor, kernel_spread: Tensor) -> Tensor:
    """(out, in, 3, 3) -> (in, out, 6, 6): `upsampling_conv` as one transposed convolution, padded by two.

    Four times the multiplications of the convolution alone, and no filter over what comes out of it: a pass
    over so large a map takes longer.
    """
    out, into = weight.shape[:2]
    spread = weight.reshape(out * into, 9) @ kernel_spread.T  # (out * in, 36)
    return spread.view(out, into, 6, 6).transpose(0, 1)


def _styles(fixed: HalfSynthesis, weights: Mapping[str, Tensor], w_plus: Tensor) -> Tensor:
    bias = torch.cat([weights[f"{layer}.affine.bias"] for layer in fixed.layers])
    weight = torch.cat([weights[f"{layer}.affine.weight"] for layer in fixed.layers]) * fixed.scales
    if w_plus.shape[1] == 1:
        return F.linear(w_plus[:, 0], weight, bias)
    split = torch.split(weight, fixed.sizes), torch.split(bias, fixed.sizes)
    parts = zip(*split, _rows(fixed.layers), strict=True)
    return torch.cat([F.linear(w_plus[:, row], matrix, shift) for matrix, shift, row in parts], dim=1)


def _of_order_one(fixed: HalfSynthesis, styles: Tensor) -> Tensor:
    parts = zip(fixed.layers, torch.split(styles, fixed.sizes, dim=1), strict=True)
    return torch.cat(
        [
            s if layer.endswith("torgb") else s / s.abs().amax(dim=1, keepdim=True).clamp(min=1e-6)
            for layer, s in parts
        ],
        dim=1,
    )


def _convolved(
    fixed: HalfSynthesis, layer: str, weights: Mapping[str, Tensor], x: Tensor, square: Tensor
) -> tuple[Tensor, Tensor]:
    """x (N, in, h, w), times its style -> (convolved, demodulation (N, out) in float32)."""
    weight = weights[f"{layer}.weight"]  # (out, in, 3, 3)
    if x.dtype == torch.float16:
        weight = weight / math.sqrt(9 * weight.shape[1])
    power = weight.square().sum(dim=(2, 3))  # (out, in)
    demodulation = (square @ power.T + DEMODULATION_EPSILON).rsqrt()  # (N, out)
    if layer.endswith("conv0"):
        kernel = composed_kernel(weight, fixed.kernel_spread).to(x.dtype, memory_format=_LAST)
        return F.conv_transpose2d(x, kernel, stride=2, padding=2), demodulation
    return F.conv2d(x, weight.to(x.dtype, memory_format=_LAST), padding=1), demodulation


def _shift(
    layer: str, weights: Mapping[str, Tensor], constants: Mapping[str, Tensor], noise_for: NoiseFor | None
) -> tuple[Tensor, Tensor | None]:
    """(bias, and the noise that all pictures have: (1, out, h, w) or (1, out, 1, 1); noise of each)."""
    stored, strength = constants[f"{layer}.noise_const"], weights[f"{layer}.noise_strength"]
    bias = weights[f"{layer}.bias"].view(1, -1, 1, 1)
    if noise_for is not None:
        return bias, noise_for(stored, strength)
    # added up for one picture, not in every one of the batch
    return torch.addcmul(bias, stored.view(1, 1, *stored.shape[-2:]), strength), None


def _torgb(layer: str, weights: Mapping[str, Tensor], x: Tensor, style: Tensor) -> Tensor:
    """x (N, C, h, w) -> (N, 3, h, w), float32."""
    weight = weights[f"{layer}.weight"].flatten(1)  # (3, C)
    weight = F.pad(weight / math.sqrt(weight.shape[1]), (0, 0, 0, PADDED_RGB - 3)).to(x.dtype)
    count, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(count, height * width, channels)  # in memory it is this already
    y = torch.bmm(rows, (style[:, None] * weight).transpose(1, 2))  # (N, h * w, 8)
    y = y[:, :, :3].transpose(1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    return y.view(count, 3, height, width) + weights[f"{layer}.bias"][:, None, None]


def _upsampled(fixed: HalfSynthesis, rgb: Tensor) -> Tensor:
    """`upsample_rgb` as two matrix products: three channels are too few for a convolution's kernels."""
    height, width = rgb.shape[-2:]
    return torch.matmul(fixed.upsamplers[height], rgb) @ fixed.upsamplers[width].T


def _layers(architecture: Architecture) -> list[str]:
    """Names in the order of the picture."""
    return [
        f"synthesis.b{r}.{layer}"
        for r in architecture.block_resolutions
        for layer in ("conv0", "conv1", "torgb")
        if r != 4 or layer != "conv0"
    ]


def _rows(layers: list[str]) -> list[int]:
    """The row of w_plus that each layer hears: ToRGB the next convolution's."""
    rows: list[int] = []
    next_row = 0
    for layer in layers:
        rows.append(next_row)
        next_row += not layer.endswith("torgb")
    return rows


def _sides(architecture: Architecture) -> set[int]:
    blocks = len(architecture.block_resolutions) - 1
    return {side * 2**blocks for side in (architecture.base_height, architecture.base_width)}


def _kernel_spread() -> Tensor:
    """(36, 9): a 3x3 kernel's numbers -> those of the kernel with the upsampling filter behind it."""
    axis = torch.zeros(6, 3)
    for k in range(3):
        axis[k : k + 4, k] = torch.tensor(UPSAMPLING_TAPS)
    return torch.kron(axis, axis)


def _upsampler(size: int) -> Tensor:
    """(2 * size, size): the upsampling filter along one axis."""
    taps = torch.tensor(UPSAMPLING_TAPS).view(1, 1, 4)
    return F.conv_transpose1d(torch.eye(size)[:, None], taps, stride=2, padding=1)[:, 0].T.contiguous()
