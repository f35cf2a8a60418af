"""How the latents w of a generator vary, and steps that follow it.

W is far from round: most of what tells two pictures apart lies in a few of its directions, and in most others
the latents of real pictures hardly differ. A step that is as long in all of them soon leaves what the network
has learnt, and the picture breaks. So the step is taken in coordinates in which the latents vary alike
(PCA whitening; the P_N space of Zhu et al. 2020, "Improved StyleGAN Embedding"; principal directions of W:
Härkönen et al. 2020, "GANSpace"), wholly or by a share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gan.layers import Affine
from gan.mapping import Mapping
from gan.synthesis import Synthesis

SAMPLE_COUNT = 4096
SEED = 0
SMALLEST_SHARE = 1000**-0.5  # of the largest deviation: below, a direction counts as varying so much
WHITENED_WIDTH = 0.4  # the width of w in generators that drag well without whitening
ROUNDING = 1e-9  # of the largest number in w: what varies less does not vary
# Step maps are rounded to this, times the power of two below their largest number: the last bits of a
# decomposition differ from machine to machine, and sessions have to replay bit for bit.
GRAIN = 2.0**-16


@dataclass(frozen=True)
class LatentSpread:
    """directions: (w_dim, w_dim), a principal direction of w in every column. deviations: (w_dim,), the
    standard deviation of w along each. Both 64-bit, on the host."""

    directions: Tensor
    deviations: Tensor

    @staticmethod
    @torch.no_grad()
    def of(mapping: Mapping, z_dim: int, c_dim: int) -> LatentSpread:
        """Of the latents of `SAMPLE_COUNT` seeded z, without truncation and with the zero label."""
        z = torch.as_tensor(np.random.RandomState(SEED).randn(SAMPLE_COUNT, z_dim))  # the same for ever
        label = z.new_zeros(SAMPLE_COUNT, c_dim) if c_dim else None
        w = _on_host(mapping)(z, label)
        if not bool(w.isfinite().all()):  # sync: none, it is on the host
            # a damaged model: its pictures are broken anyhow, and steps are taken as they are
            return LatentSpread(torch.eye(w.shape[1], dtype=w.dtype), w.new_zeros(w.shape[1]))
        decomposed = cast(
            tuple[Tensor, Tensor],
            torch.linalg.eigh(torch.atleast_2d(torch.cov(w.T))),  # pyright: ignore[reportUnknownMemberType]
        )
        variances, directions = decomposed
        deviations = variances.clamp(min=0).sqrt()
        is_noise = deviations < ROUNDING * w.abs().max()
        return LatentSpread(directions, deviations.where(~is_noise, 0.0))

    def step_map(self, whitening: float, hearing: Tensor) -> Tensor:
        """The symmetric matrix (w_dim, w_dim), 64-bit, that takes a step in whitened coordinates to w.

        whitening: 0 = steps as they are, 1 = each direction by its deviation, between: by a power of it.
        hearing: (w_dim,), how strongly the rows that move read each coordinate of w. It weighs the mean
        deviation of w's coordinates, w's width, by which the step's length is set: wholly whitened, w is
        `WHITENED_WIDTH` wide, so that a step is the same share of a generator's variety whatever the scale of
        its w; as it is, without whitening.
        """
        identity = torch.eye(len(self.deviations), dtype=torch.double)
        largest = self.deviations.max()
        weights = hearing.cpu().double()  # sync: once for a map, before the first step
        if not bool(largest > 0) or not bool(weights.sum() > 0):  # sync: none, both are on the host
            return identity  # all pictures are one picture, or nothing hears w: there is nothing to follow
        deviations = self.deviations.clamp(min=largest * SMALLEST_SHARE)
        powers = deviations**whitening
        shares = weights / weights.sum()
        width = shares @ self._coordinate_deviations(torch.ones_like(deviations))
        width_before_scaling = shares @ self._coordinate_deviations(1 / powers)
        length = width_before_scaling / (width ** (1 - whitening) * WHITENED_WIDTH**whitening)
        matrix = (self.directions * (powers * length)) @ self.directions.T
        grain = GRAIN * 2.0 ** (math.frexp(float(matrix.abs().max()))[1] - 1)
        return ((matrix + matrix.T) / 2 / grain).round() * grain

    def _coordinate_deviations(self, factors: Tensor) -> Tensor:
        """(w_dim,): the deviation of every coordinate of w after its principal directions (w_dim,) were
        multiplied by `factors`."""
        return (self.directions.square() @ (self.deviations * factors).square()).sqrt()


def hearing_of(synthesis: Synthesis, row_count: int) -> Tensor:
    """(w_dim,): how strongly the layers of the first rows of w_plus read each coordinate of w."""
    convs = [conv for block in synthesis.blocks for conv in block.convs]
    return torch.stack([conv.affine.weight.square().sum(dim=0) for conv in convs[:row_count]]).sum(dim=0)


def _on_host(mapping: Mapping) -> Mapping:
    """The mapping in 64 bits on the host: alike on all devices."""
    return replace(
        mapping,
        layers=tuple(_affine_on_host(layer) for layer in mapping.layers),
        embed=None if mapping.embed is None else _affine_on_host(mapping.embed),
    )


def _affine_on_host(affine: Affine) -> Affine:
    # sync: once for a generator. To the host first: Apple's devices have no 64 bits
    return Affine(affine.weight.cpu().double(), affine.bias.cpu().double())
