"""The picture by 16-bit convolutions, for a display of 8 bits: on a GPU some ten times faster than in 32.

The same function as gan/synthesis.py for one latent. With one latent its style and demodulation go into the
kernels, which are small, instead of the maps, which are not (Karras et al. 2020, section 2.2); the upsampling
filter goes into its convolution, whose four phases are four times the channels of an ordinary one. Styles,
demodulation and the RGB sum stay in 32 bits. Nothing in here waits for the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.generator import Generator
from gan.layers import (
    DEMODULATION_EPSILON,
    LEAKY_GAIN,
    LEAKY_SLOPE,
    PADDED_RGB,
    Affine,
    ModulatedConv,
    ToRGB,
    upsample_rgb,
)


@dataclass(frozen=True)
class _Conv:
    """kernel (phases, out, 9, in): phases 4 where it doubles, else 1. shift (1, out): bias with the gain.

    noise (h, phases', w, phases', 1): as the phases lie, with the gain. styles: where its own are.
    """

    kernel: Tensor
    shift: Tensor
    noise: Tensor
    styles: slice
    clamp: float | None


@dataclass(frozen=True)
class _Rgb:
    """weight (PADDED_RGB, in), bias (PADDED_RGB,), the last ones zero."""

    weight: Tensor
    bias: Tensor
    styles: slice
    clamp: float | None


class HalfPicture:
    """Pictures of one generator; weights are converted once."""

    def __init__(self, generator: Generator, dtype: torch.dtype = torch.float16) -> None:
        """dtype: of the convolutions; float32 is for tests."""
        synthesis = generator.synthesis
        self._dtype = dtype
        const = synthesis.const[0].to(dtype)  # (C, h, w)
        self._fir = synthesis.blocks[-1].convs[0].fir
        self._const = const.permute(1, 2, 0).contiguous()  # (h, w, C)
        affines: list[Affine] = []
        rows: list[int] = []
        self._blocks: list[tuple[list[_Conv], _Rgb]] = []
        powers: list[Tensor] = []
        begin = row = 0

        def styles_of(affine: Affine, row: int) -> slice:
            nonlocal begin
            affines.append(affine)
            rows.extend([row] * len(affine.bias))
            begin += len(affine.bias)
            return slice(begin - len(affine.bias), begin)

        for block in synthesis.blocks:
            convs: list[_Conv] = []
            for conv in block.convs:
                convs.append(_prepared(conv, styles_of(conv.affine, row), dtype))
                powers.append(conv.power)
                row += 1
            rgb = _prepared_rgb(block.torgb, styles_of(block.torgb.affine, row), dtype)
            self._blocks.append((convs, rgb))
        device = synthesis.const.device
        self._affine = torch.cat([a.weight for a in affines]).float()  # (styles, w_dim)
        self._affine_bias = torch.cat([a.bias for a in affines]).float()
        self._rows = torch.tensor(rows).to(device)
        widest_out, widest_in = max(p.shape[0] for p in powers), max(p.shape[1] for p in powers)
        self._powers = torch.zeros(len(powers), widest_out, widest_in, device=device)
        reads = torch.full((len(powers), widest_in), begin)  # one past the last style: a zero
        convs = [conv for convs, _ in self._blocks for conv in convs]
        for i, (conv, power) in enumerate(zip(convs, powers, strict=True)):
            self._powers[i, : power.shape[0], : power.shape[1]] = power
            reads[i, : power.shape[1]] = torch.arange(conv.styles.start, conv.styles.stop)
        self._reads = reads.to(device)

    @torch.no_grad()
    def __call__(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, height, width), float32; not finite where 16 bits overflow."""
        styles = (self._affine * w_plus.float()[self._rows]).sum(dim=1) + self._affine_bias
        scales = self._demodulation(styles)  # (layers, widest)
        x = self._const
        rgb: Tensor | None = None
        layer = 0
        for convs, torgb in self._blocks:
            for conv in convs:
                x = _convolved(conv, x, styles[conv.styles], scales[layer])
                layer += 1
            y = _rgb_of(torgb, x, styles[torgb.styles])
            rgb = y.float() if rgb is None else upsample_rgb(rgb[None], self._fir)[0] + y
        assert rgb is not None
        return rgb

    def _demodulation(self, styles: Tensor) -> Tensor:
        """Of every layer, with LeakyReLU's gain, (layers, widest)."""
        squares = F.pad(styles.square(), (0, 1))[self._reads]  # (layers, widest_in)
        sums = torch.bmm(self._powers, squares[:, :, None])[:, :, 0]
        return (sums + DEMODULATION_EPSILON).rsqrt() * LEAKY_GAIN


def _convolved(conv: _Conv, x: Tensor, style: Tensor, scale: Tensor) -> Tensor:
    """One layer: x (h, w, in) -> (h', w', out)."""
    phases, out, _, into = conv.kernel.shape
    kernel = torch.empty_like(conv.kernel)
    torch.mul(conv.kernel, scale[:out, None, None] * style, out=kernel)
    weight = kernel.view(phases * out, 3, 3, into).permute(0, 3, 1, 2)  # channels last
    y = F.conv2d(x.permute(2, 0, 1)[None], weight, padding=1)[0].permute(1, 2, 0)  # (h, w, phases * out)
    height, width = y.shape[:2]
    side = 2 if phases == 4 else 1
    z = y.new_empty(height, side, width, side, out)
    torch.add(y.reshape(height, width, side, side, out).permute(0, 2, 1, 3, 4), conv.noise, out=z)
    z = F.leaky_relu_(z.add_(conv.shift), LEAKY_SLOPE)
    if conv.clamp is not None:
        z = z.clamp_(-conv.clamp, conv.clamp)
    return z.view(side * height, side * width, out)


def _rgb_of(torgb: _Rgb, x: Tensor, style: Tensor) -> Tensor:
    """x (h, w, in) -> (3, h, w), in 16 bits."""
    height, width, into = x.shape
    weight = (torgb.weight * style).to(x.dtype)
    y = torch.addmm(torgb.bias, x.view(height * width, into), weight.T)  # (h * w, 8)
    y = y.view(height, width, PADDED_RGB).permute(2, 0, 1)[:3]
    return y if torgb.clamp is None else y.clamp(-torgb.clamp, torgb.clamp)


def _prepared(conv: ModulatedConv, styles: slice, dtype: torch.dtype) -> _Conv:
    height, width = conv.noise.shape[-2:]
    if conv.up:
        kernel = phase_kernels(conv.weight.float(), conv.fir.float())
        noise = conv.noise.view(height // 2, 2, width // 2, 2, 1)
    else:
        kernel = conv.weight.float()[None]
        noise = conv.noise.view(height, 1, width, 1, 1)
    return _Conv(
        kernel=kernel.flatten(3).transpose(2, 3).to(dtype).contiguous(),  # (phases, out, 9, in)
        shift=(conv.bias * LEAKY_GAIN).to(dtype),
        noise=(noise * LEAKY_GAIN).to(dtype),
        styles=styles,
        clamp=conv.clamp,
    )


def _prepared_rgb(torgb: ToRGB, styles: slice, dtype: torch.dtype) -> _Rgb:
    missing = PADDED_RGB - len(torgb.bias)
    weight = F.pad(torgb.weight.float(), (0, 0, 0, missing))
    return _Rgb(weight, F.pad(torgb.bias, (0, missing)).to(dtype), styles, torgb.clamp)


def phase_kernels(weight: Tensor, fir: Tensor) -> Tensor:
    """(in, out, 3, 3) of `upsampling_conv`, and its filter (4,) -> (4, out, in, 3, 3).

    Kernel 2 * b + a makes the pixels (2x + a, 2y + b) of what `upsampling_conv` makes, by an ordinary
    convolution of its input that is padded by one.
    """
    taps = torch.zeros(2, 3, 3)  # phase, the convolution's tap, the weight's tap
    for phase in range(2):
        for tap in range(3):
            for k in range(3):
                # transposed: input i reaches 2i + k; the filter moves that by 1 - t
                t = k + 1 - (phase - 2 * (tap - 1))
                if 0 <= t < 4:
                    taps[phase, tap, k] = fir[t]
    taps = taps.to(weight)
    composed = torch.einsum("bpk,aql,iokl->baoipq", taps, taps, weight)
    return composed.reshape(4, *composed.shape[2:])
