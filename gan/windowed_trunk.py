"""The trunk evaluated only where it is read: windows of the feature map, exact, layer by layer.

Demodulation depends on w and the weights, never on activations, so every layer of StyleGAN2 is local. A
window of the feature map therefore needs only a slightly larger window of the layer below (its receptive
field), with zeros where that leaves the map. All windows have the same size and their places stay on the
device: shapes never depend on positions, so a captured graph stays valid while handles move.

The backward pass is written out, because it takes half as many operations as autograd's, and what a step of
few handles takes on a GPU is its operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layer_kernels import LayerKernel, LayerKernels
from gan.layers import LEAKY_SLOPE
from gan.moving_scales import MovingScales, Scales
from gan.trunk_layers import TrunkLayer
from gan.window_cut import Size
from gan.window_places import LayerWindow, WindowTable, layer_windows


@dataclass(frozen=True)
class _Step:
    """One layer of a pass. source: what it reads. noise (h, w) or (N, 1, h, w). selection, inside: see
    LayerPlaces."""

    layer: TrunkLayer
    kernel: LayerKernel
    source: Size
    noise: Tensor
    selection: Tensor | None = None
    inside: Tensor | None = None


class WindowedTrunk:
    """Feature maps, whole or in windows of any size, and the count of their operations."""

    def __init__(self, const: Tensor, layers: list[TrunkLayer]) -> None:
        """const (1, C, 4, 4); layers lowest first, of which the first move."""
        self._const = const
        self._layers = layers
        self._kernels = [LayerKernels(layer) for layer in layers]
        moving = [layer for layer in layers if not layer.is_held]
        self._scales = MovingScales(moving) if moving else None
        # of functions that know the layers, not of methods: a trunk that knew itself would keep its kernels
        # in a GPU's memory until the next collection of garbage
        self.window_layers = lru_cache(maxsize=None)(partial(layer_windows, layers))
        self._table = lru_cache(maxsize=16)(partial(_make_table, self.window_layers))
        self._suffix_macs = lru_cache(maxsize=None)(partial(_count_suffix, self.window_layers))
        counts = [layer.macs(*(layer.source_size if layer.conv.up else layer.size)) for layer in layers]
        self._whole_macs = [sum(counts[:first]) for first in range(len(layers) + 1)]

    @property
    def layer_count(self) -> int:
        """Layers up to the feature block."""
        return len(self._layers)

    def whole_macs(self, first: int | None = None) -> int:
        """Multiply-accumulates of the first layers (None = all) on whole maps."""
        return self._whole_macs[len(self._layers) if first is None else first]

    def window_macs(self, size: Size, first: int) -> int:
        """Multiply-accumulates of the layers from `first` on, for one window of the feature map."""
        return self._suffix_macs(size)[first]

    def whole(self, w_plus: Tensor) -> Tensor:
        """The whole feature map, (1, C, h, w). w_plus (num_ws, w_dim)."""
        return self._pass(self._whole_steps(len(self._layers)), w_plus)

    def windows(self, first: int, w_plus: Tensor, origins: Tensor, size: Size) -> Tensor:
        """Windows of the feature map (N, C, *size), the layers below `first` on whole maps.

        origins (N, 2) int64: first cell (x, y) of each window, with the window inside the map. Values and
        gradients are those of the whole map. first: not above the last layer.
        """
        steps = self._whole_steps(first)
        chain, places = self.window_layers(size)[first:], self._table(size, first).places(origins)
        for window, kernels, at in zip(chain, self._kernels[first:], places, strict=True):
            kernel = kernels.window(window.source, window.size, len(origins))
            steps.append(_Step(window.layer, kernel, window.source, at.noise, at.selection, at.inside))
        return self._pass(steps, w_plus)

    def _whole_steps(self, count: int) -> list[_Step]:
        pairs = zip(self._layers[:count], self._kernels[:count], strict=True)
        return [_Step(layer, kernels.whole(), layer.source_size, layer.noise) for layer, kernels in pairs]

    def _pass(self, steps: list[_Step], w_plus: Tensor) -> Tensor:
        apply = cast(Callable[..., Tensor], _Pass.apply)  # pyright: ignore[reportUnknownMemberType]
        return apply(steps, self._const, self._scales, w_plus)


@dataclass(frozen=True)
class _Kept:
    """Of one layer for its backward pass, where it moves: what it read, and what came out of the kernel."""

    x: Tensor | None
    products: Tensor | None


class _Pass(torch.autograd.Function):
    """Layers from the constant up, forward and backward."""

    @staticmethod
    def forward(
        ctx: Any, steps: list[_Step], const: Tensor, moving: MovingScales | None, w_plus: Tensor
    ) -> Tensor:
        scales = None if moving is None else moving.forward(w_plus)
        kept: list[_Kept] = []
        results: list[Tensor] = []
        x = const
        for index, step in enumerate(steps):
            if step.selection is not None:
                x = _selected(x, step.selection, step.source)
            x, of_step = _forward(step, x, *_of_layer(scales, index, step.layer))
            kept.append(of_step)
            results.append(x)
        ctx.save_for_backward(*results)
        ctx.steps, ctx.moving = steps, moving
        ctx.scales, ctx.kept, ctx.shape = scales, kept, w_plus.shape
        return x

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        steps: list[_Step] = ctx.steps
        kept: list[_Kept] = ctx.kept
        results: tuple[Tensor, ...] = ctx.saved_tensors
        scales: Scales | None = ctx.scales
        moving: MovingScales | None = ctx.moving
        g = grad_outputs[0]
        gradient = g.new_zeros(ctx.shape)
        if moving is None or scales is None:
            return (None, None, None, gradient)
        of_styles: list[Tensor] = []
        of_scales: list[Tensor] = []
        above = len(scales.styles)
        for index in range(len(steps) - 1, -1, -1):
            step = steps[index]
            style, scale = _of_layer(scales, index, step.layer)
            g, of_scale = _through_activation(step, results[index], kept[index].products, g, scale)
            g = step.kernel.backward(g)
            read = kept[index].x
            if style is not None and of_scale is not None and read is not None:
                of_styles.append((g * read).sum(dim=(0, 2, 3)))
                of_scales.append(of_scale)
                if index:
                    g = g * style
            if step.selection is not None and index:
                g = _returned(g, step.selection, results[index - 1])
        of_all = Scales(_filled(of_styles[::-1], scales.styles), _filled(of_scales[::-1], scales.scales))
        gradient[:above] = moving.backward(scales, of_all)
        return (None, None, None, gradient)


def _of_layer(scales: Scales | None, index: int, layer: TrunkLayer) -> tuple[Tensor | None, Tensor | None]:
    """What multiplies the input (in, 1, 1) and the output (out, 1, 1) of a layer; None where it is held."""
    if scales is None or layer.is_held:
        return None, None
    style = scales.styles[index, 0, : layer.conv.in_channels]
    return style[:, None, None], scales.scales[index, 0, : layer.conv.out_channels][:, None, None]


def _forward(step: _Step, x: Tensor, style: Tensor | None, scale: Tensor | None) -> tuple[Tensor, _Kept]:
    layer = step.layer
    products = step.kernel.forward(x if style is None else x * style)
    y = layer.finish(products, scale, step.noise)
    if step.inside is not None:
        y = y.mul_(step.inside)
    return y, _Kept(None, None) if scale is None else _Kept(x, products)


def _through_activation(
    step: _Step, y: Tensor, products: Tensor | None, g: Tensor, scale: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """From the gradient of the result y to that of the kernel's products, and of the scale (out,)."""
    if step.inside is not None:
        g = g * step.inside
    g = torch.ops.aten.leaky_relu_backward(g, y, LEAKY_SLOPE, True)
    clamp = step.layer.conv.clamp
    if clamp is not None:
        g = g * (y.abs() < clamp)
    if scale is None or products is None:
        return g, None
    return g * scale, (g * products).sum(dim=(0, 2, 3))


def _filled(parts: list[Tensor], like: Tensor) -> Tensor:
    """Vectors, lowest layer first, as wide as the widest: (L, 1, width)."""
    width = like.shape[2]
    return torch.stack(
        [F.pad(part, (0, width - len(part))) if len(part) < width else part for part in parts]
    )[:, None]


def _selected(x: Tensor, selection: Tensor, size: Size) -> Tensor:
    """x (N, C, h, w), or (1, C, h, w) for all, -> the selected cells of each, (N, C, *size)."""
    cells = x.flatten(2).expand(len(selection), -1, -1)
    return torch.bmm(cells, selection.transpose(1, 2)).view(len(selection), x.shape[1], *size)


def _returned(g: Tensor, selection: Tensor, like: Tensor) -> Tensor:
    """The other way: the gradient g (N, C, h', w') arrives in maps like (N or 1, C, h, w)."""
    g = torch.bmm(g.flatten(2), selection)
    return (g if len(g) == len(like) else g.sum(dim=0)).view(like.shape)


def _make_table(window_layers: Callable[[Size], list[LayerWindow]], size: Size, first: int) -> WindowTable:
    return WindowTable(window_layers(size)[first:])


def _count_suffix(window_layers: Callable[[Size], list[LayerWindow]], size: Size) -> list[int]:
    """Multiply-accumulates of the layers from each on, for one window of that size."""
    counts = [window.macs() for window in window_layers(size)]
    return [sum(counts[first:]) for first in range(len(counts) + 1)]
