"""The projected discriminator (Sauer et al. 2021): small networks that judge frozen features, not pixels.

Features of pictures are mixed across channels and scales by random layers that never learn, so that no
small discriminator can settle on a few of them. Converges in far fewer pictures than one from scratch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan.image_features import ImageFeatures

PROJECTED_TAPS = (2, 4, 10, 15)  # a quarter, an eighth, a sixteenth and a thirty-second of the picture
MIXED_CHANNELS = 64
SMALLEST_MAP = 4  # every small discriminator halves its map down to this many cells


class ProjectedDiscriminator(nn.Module):
    """Pictures (N, 3, H, W) -> logits (N, K) of all places of all maps: positive means real."""

    def __init__(self, features: ImageFeatures, resolution: int, seed: int) -> None:
        super().__init__()
        self._features = features
        maps = _noise_maps(features, resolution, seed)
        with torch.random.fork_rng(devices=[]):  # pyright: ignore[reportUnknownMemberType]
            torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
            self._mixer = FeatureMixer(maps)
            self._judges = nn.ModuleList(judge(m.shape[-1]) for m in maps)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, K)."""
        mixed = self._mixer(self._features(pictures))
        judged = [judge(m).flatten(1) for judge, m in zip(self._judges, mixed, strict=True)]
        return torch.cat(judged, dim=1).float()


class FeatureMixer(nn.Module):
    """Random 1x1 convolutions, then random 3x3 ones from the coarsest map to the finest; frozen."""

    def __init__(self, like: Sequence[Tensor]) -> None:
        """like: maps of some pictures, whose magnitude is evened out: blocks differ by factors of ten."""
        super().__init__()
        self._across_channels = nn.ParameterList(
            _frozen(torch.randn(MIXED_CHANNELS, m.shape[1], 1, 1) / (math.sqrt(m.shape[1]) * m.std()))
            for m in like
        )
        self._across_scales = nn.ParameterList(
            _frozen(torch.randn(MIXED_CHANNELS, MIXED_CHANNELS, 3, 3) / math.sqrt(9 * MIXED_CHANNELS))
            for _ in like
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps, finest first -> the same sizes with MIXED_CHANNELS channels each."""
        above: Tensor | None = None
        mixed: list[Tensor] = []
        for x, channels, scales in reversed(
            list(zip(maps, self._across_channels, self._across_scales, strict=True))
        ):
            y = F.conv2d(x, channels)
            if above is not None:
                y = y + F.interpolate(above, y.shape[-2:], mode="bilinear", align_corners=False)
            above = F.conv2d(y, scales, padding=1)
            mixed.append(above)
        return mixed[::-1]


def judge(size: int) -> nn.Sequential:
    """Convolutions that halve a map of `size` cells down to SMALLEST_MAP, and one logit for every place."""
    layers: list[nn.Module] = []
    while size > SMALLEST_MAP:
        halving = nn.Conv2d(MIXED_CHANNELS, MIXED_CHANNELS, 4, stride=2, padding=1)
        layers += [spectral_norm(halving), nn.LeakyReLU(0.2)]
        size //= 2
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(MIXED_CHANNELS, 1, 3, padding=1)))


@torch.no_grad()
def _noise_maps(features: ImageFeatures, resolution: int, seed: int) -> list[Tensor]:
    """Feature maps of a few pictures of smooth noise."""
    source = torch.Generator().manual_seed(seed)
    noise = torch.rand(4, 3, 8, 8, generator=source) * 2 - 1
    return features(F.interpolate(noise, (resolution, resolution), mode="bilinear", align_corners=False))


def _frozen(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight, requires_grad=False)
