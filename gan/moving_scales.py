"""Styles and demodulation of all layers that move, at once: what multiplies their inputs and outputs.

Layer by layer they would be eight small operations each, and as many for the gradient, and on a GPU small
operations are what a step takes its time for. Narrower layers are filled up with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.layers import DEMODULATION_EPSILON, LEAKY_GAIN
from gan.trunk_layers import TrunkLayer


@dataclass(frozen=True)
class Scales:
    """styles (L, 1, in), scales (L, 1, out) of the moving layers, lowest first, as wide as the widest."""

    styles: Tensor
    scales: Tensor


class MovingScales:
    """The affine layers and kernel powers of the lowest layers, which read the first rows of w_plus."""

    def __init__(self, layers: list[TrunkLayer]) -> None:
        """layers: the moving ones, at least one, lowest first, of rows 0, 1, ..."""
        convs = [layer.conv for layer in layers]
        width_in = max(conv.in_channels for conv in convs)
        width_out = max(conv.out_channels for conv in convs)
        like, count = convs[0].affine.weight, len(convs)
        self._affine = like.new_zeros(count, like.shape[1], width_in)
        self._bias = like.new_zeros(count, 1, width_in)
        self._power = like.new_zeros(count, width_in, width_out)
        for index, conv in enumerate(convs):
            self._affine[index, :, : conv.in_channels] = conv.affine.weight.T
            self._bias[index, 0, : conv.in_channels] = conv.affine.bias
            self._power[index, : conv.in_channels, : conv.out_channels] = conv.power.T
        # the gain of the leaky ReLU is in the scales: LEAKY_GAIN * rsqrt(p) = rsqrt(p / LEAKY_GAIN^2)
        self._power /= LEAKY_GAIN**2
        self._epsilon = like.new_full((1, 1, 1), DEMODULATION_EPSILON / LEAKY_GAIN**2)

    def forward(self, w_plus: Tensor) -> Scales:
        """w_plus (num_ws, w_dim)."""
        w = w_plus[: len(self._affine), None]  # (L, 1, w_dim)
        styles = torch.baddbmm(self._bias, w, self._affine)
        scales = torch.baddbmm(self._epsilon, styles.square(), self._power).rsqrt_()
        return Scales(styles, scales)

    def backward(self, scales: Scales, pulled: Scales) -> Tensor:
        """From the gradients of the scales that of the rows they were made from, (L, w_dim)."""
        # of rsqrt(p): -1/2 p^(-3/2); of the square: twice the style
        powers = scales.scales.pow(3).mul_(pulled.scales)
        squares = torch.bmm(powers, self._power.transpose(1, 2))
        styles = torch.addcmul(pulled.styles, squares, scales.styles, value=-1)
        return torch.bmm(styles, self._affine.transpose(1, 2))[:, 0]
