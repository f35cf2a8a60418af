"""The trunk's layers made ready for many evaluations: gains folded, rows of w_plus that never change held.

A drag moves only the first rows of w_plus. A layer whose row stays is a plain convolution: style,
demodulation and the gain of the leaky ReLU go into its kernel once. In the other layers the gain goes into
demodulation, noise and bias (leaky ReLU is positively homogeneous). Both save whole passes over the feature
maps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import LEAKY_GAIN, LEAKY_SLOPE, ModulatedConv, fir_filter
from gan.synthesis import Synthesis


@dataclass(frozen=True)
class TrunkLayer:
    """One 3x3 layer. weight: as in ModulatedConv, already modulated and demodulated where `is_held`.

    noise (h, w) and bias (out,) carry the gain. row: of w_plus.
    """

    conv: ModulatedConv
    row: int
    is_held: bool
    weight: Tensor
    noise: Tensor
    bias: Tensor
    half: Tensor | None = None  # the kernel in 16 bits, channels last: the convolution then runs in them

    @property
    def size(self) -> tuple[int, int]:
        """Cells (h, w) of the whole map that the layer produces."""
        return self.noise.shape[0], self.noise.shape[1]

    @property
    def source_size(self) -> tuple[int, int]:
        """Cells (h, w) of the whole map that the layer reads."""
        half = 2 if self.conv.up else 1
        return self.noise.shape[0] // half, self.noise.shape[1] // half

    def macs(self, h: int, w: int) -> int:
        """Multiply-accumulates of the convolution: over cells read where it doubles, else produced."""
        return 9 * self.conv.in_channels * self.conv.out_channels * h * w

    def whole(self, x: Tensor, w_plus: Tensor) -> Tensor:
        """The layer on the whole map: x (1, in, h, w), w_plus (num_ws, w_dim) -> (1, out, h', w')."""
        style, scale = self.scales(w_plus)
        if style is not None:
            x = x * style
        x = self.convolve(x, padding=1)
        if self.conv.up:
            x = fir_filter(x, self.conv.fir, padding=1)
        return self.finish(x, scale, self.noise)

    def convolve(self, x: Tensor, padding: int) -> Tensor:
        """The bare convolution: x (N, in, h, w) -> (N, out, h + 2 * padding - 2, ...), or, transposed where
        the layer doubles, (N, out, 2h + 1, 2w + 1). In 16 bits where it may be; in and out are as x."""
        weight = self.weight if self.half is None else self.half
        y = x.to(weight.dtype)
        y = F.conv_transpose2d(y, weight, stride=2) if self.conv.up else F.conv2d(y, weight, padding=padding)
        return y.to(x.dtype)

    def scales(self, w_plus: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """What multiplies the input (1, in, 1, 1) and the output (1, out, 1, 1); None where held."""
        if self.is_held:
            return None, None
        style = self.conv.affine(w_plus[self.row : self.row + 1])  # (1, in)
        return style[:, :, None, None], (self.conv.demodulation(style) * LEAKY_GAIN)[:, :, None, None]

    def finish(self, x: Tensor, scale: Tensor | None, noise: Tensor) -> Tensor:
        """Scale, bias, noise (h, w) or (N, 1, h, w), leaky ReLU, clamp on a fresh (N, out, h, w)."""
        bias = self.bias[:, None, None]
        # in place where autograd needs no older value: one map less in memory and in the cache
        x = x.add_(bias) if scale is None else torch.addcmul(bias, x, scale)
        x = F.leaky_relu_(x.add_(noise), LEAKY_SLOPE)
        return x if self.conv.clamp is None else x.clamp(-self.conv.clamp, self.conv.clamp)


@torch.no_grad()
def with_half(layer: TrunkLayer, dtype: torch.dtype | None) -> TrunkLayer:
    """The layer with its convolution in `dtype` (float16 or bfloat16), or in full precision again for None.

    Only held layers: their kernels are demodulated, so that what they produce is about as large as what they
    read. A moving layer's kernel is raw, and its output would leave the range of 16 bits.
    """
    if dtype is None or not layer.is_held:
        return replace(layer, half=None)
    return replace(layer, half=layer.weight.to(dtype).contiguous(memory_format=torch.channels_last))


@torch.no_grad()
def make_trunk_layers(
    synthesis: Synthesis, feature_resolution: int, w_plus: Tensor | None = None, moving_row_count: int = 0
) -> list[TrunkLayer]:
    """The layers up to block `feature_resolution`, lowest first.

    w_plus (num_ws, w_dim): rows from `moving_row_count` on will never differ from it; None = all may move.
    """
    convs = [c for block in synthesis.blocks if block.resolution <= feature_resolution for c in block.convs]
    return [
        _layer(conv, row, w_plus if w_plus is not None and row >= moving_row_count else None)
        for row, conv in enumerate(convs)
    ]


def _layer(conv: ModulatedConv, row: int, w_plus: Tensor | None) -> TrunkLayer:
    weight = conv.weight
    if w_plus is not None:
        style = conv.affine(w_plus[row : row + 1])  # (1, in)
        scale = conv.demodulation(style)[0] * LEAKY_GAIN  # (out,)
        weight = conv.modulated(style[0], scale)
    noise = (conv.noise[0, 0] * LEAKY_GAIN).contiguous()
    return TrunkLayer(conv, row, w_plus is not None, weight, noise, conv.bias * LEAKY_GAIN)
