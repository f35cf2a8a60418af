"""Feature maps as something to look at: principal components in steady colours, one channel, similarity.

A `FeatureBasis` is fitted to one map and then used for every map of the same block, so that the same feature
has the same colour all through a drag. Two other ways were rejected: a basis of every frame's own turns and
swaps components while the picture hardly changes; one that is aligned to the frame before drifts, and then
the colours depend on the way by which a latent was reached.

Nothing here waits for the device. So the components come from a fixed number of orthogonal iterations on the
covariance instead of a library's eigensolver, which reads its success back to the host.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

COMPONENT_COUNT = 3
ITERATION_COUNT = (
    200  # an axis is wrong by (next eigenvalue / its own)^200: 1e-9 where they differ by a tenth
)
SHOWN_DEVIATIONS = 2.5  # a value so many standard deviations from the mean is shown as 1, or -1


@dataclass(frozen=True)
class FeatureBasis:
    """What a block's features are measured against, on their device.

    mean (C,), deviations (C,): of every channel. axes (3, C): orthonormal rows, the directions of most
    variance, most first; zero where there are fewer channels. axis_deviations (3,): along them.
    """

    mean: Tensor
    deviations: Tensor
    axes: Tensor
    axis_deviations: Tensor

    def components(self, features: Tensor) -> Tensor:
        """The three principal components of features (C, h, w) -> (3, h, w); 1 is SHOWN_DEVIATIONS."""
        centred = (features - self.mean[:, None, None]).flatten(1)  # (C, h * w)
        scale = (SHOWN_DEVIATIONS * self.axis_deviations).clamp(min=_tiny(features))
        values = (self.axes @ centred) / scale[:, None]  # (3, h * w)
        return values.view(COMPONENT_COUNT, *features.shape[1:])

    def channel(self, features: Tensor, index: int) -> Tensor:
        """One channel of features (C, h, w) -> (1, h, w), in the same units."""
        scale = (SHOWN_DEVIATIONS * self.deviations[index]).clamp(min=_tiny(features))
        return ((features[index] - self.mean[index]) / scale)[None]


@torch.no_grad()
def fit_basis(features: Tensor, previous: FeatureBasis | None = None) -> FeatureBasis:
    """The basis of features (C, h, w).

    A component's sign means nothing in itself. It follows `previous`, a basis of the same block for another
    picture, so that colours do not flip between pictures that are alike; without one, an axis' largest entry
    is positive.
    """
    channels = features.shape[0]
    flat = features.flatten(1)  # (C, P)
    mean = flat.mean(dim=1)  # (C,)
    centred = flat - mean[:, None]
    covariance = centred @ centred.T / flat.shape[1]  # (C, C)
    scaled = covariance / covariance.diagonal().sum().clamp(min=_tiny(features))
    # any start will do that no axis is orthogonal to: a fixed one, so that a picture has one basis
    start = torch.arange(1, COMPONENT_COUNT * channels + 1, device=features.device, dtype=features.dtype)
    axes = _orthonormal(start.square().cos().view(COMPONENT_COUNT, channels))
    for _ in range(ITERATION_COUNT):
        axes = _orthonormal(axes @ scaled)
    axes = axes * _signs(axes, previous)[:, None]
    return FeatureBasis(
        mean=mean,
        deviations=covariance.diagonal().clamp(min=0).sqrt(),
        axes=axes,
        axis_deviations=((axes @ covariance) * axes).sum(dim=1).clamp(min=0).sqrt(),
    )


def similarity(distances: Tensor) -> Tensor:
    """Distances to a reference feature (h, w) -> 1 where a place is the reference, 0 where it resembles it no
    more than the map does on average. Where much is near 1, tracking has nothing to hold on to."""
    return (1 - distances / distances.mean().clamp(min=_tiny(distances))).clamp(0, 1)


def _orthonormal(rows: Tensor) -> Tensor:
    """Gram and Schmidt, twice (once leaves the rounding of near-parallel rows): (K, C) -> (K, C)."""
    done: list[Tensor] = []
    for row in rows:
        length = row.square().sum().sqrt()
        for _ in range(2):
            for other in done:
                row = row - (row @ other) * other
        left = row.square().sum().sqrt()
        is_real = left > 16 * torch.finfo(row.dtype).eps * length  # else what is left is rounding
        done.append(torch.where(is_real, row / left.clamp(min=_tiny(row)), 0))
    return torch.stack(done)


def _signs(axes: Tensor, previous: FeatureBasis | None) -> Tensor:
    """(K,) of 1 or -1."""
    if previous is not None and previous.axes.shape == axes.shape:
        agreement = (axes * previous.axes).sum(dim=1)
    else:
        agreement = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))[:, 0]
    return torch.where(agreement < 0, -1, 1)


def _tiny(like: Tensor) -> float:
    return torch.finfo(like.dtype).tiny
