"""Which trunk layers convolve in 16 bits, and how a layer goes back to 32 for good."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gan.trunk_layers import TrunkLayer, with_half


@dataclass(frozen=True)
class HalfPrecision:
    """dtype: float16 or bfloat16. lowest_resolution: layers below it stay in 32 bits; they are cheap, and
    everything above inherits their error. loss_scale: a power of two that the loss is multiplied by before
    the backward pass and its gradient divided by after it; gradients of a mean over channels and pixels are
    near float16's smallest numbers. excluded_rows: layers (by their row of w_plus) that overflowed once."""

    dtype: torch.dtype = torch.float16
    lowest_resolution: int = 64
    loss_scale: float = 2.0**14
    excluded_rows: frozenset[int] = frozenset()

    def applies_to(self, layer: TrunkLayer) -> bool:
        """Whether this layer convolves in 16 bits."""
        high = min(layer.size) >= self.lowest_resolution
        return layer.is_held and high and layer.row not in self.excluded_rows

    def apply(self, layers: list[TrunkLayer]) -> list[TrunkLayer]:
        """The layers, some of them with 16-bit kernels."""
        return [with_half(layer, self.dtype if self.applies_to(layer) else None) for layer in layers]

    def without(self, rows: Set[int]) -> HalfPrecision:
        """The same with more layers in 32 bits."""
        return replace(self, excluded_rows=self.excluded_rows | rows)


@torch.no_grad()
def overflowing_rows(const: Tensor, layers: list[TrunkLayer], w_plus: Tensor) -> set[int]:
    """Rows of the 16-bit layers whose output at `w_plus` (num_ws, w_dim) is not finite: the first that fails
    in a forward pass. Where the forward pass is finite it was the backward pass, or the latent that the step
    came to: then all of them. Waits for the device; it is asked only after a step that was not finite."""
    x = const
    for layer in layers:
        x = layer.whole(x, w_plus)
        if layer.half is not None and not bool(x.isfinite().all()):  # sync: after a refused step only
            return {layer.row}
    return {layer.row for layer in layers if layer.half is not None}
