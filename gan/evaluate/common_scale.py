"""The one scale on which pictures of every generator and the renders are compared."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

COMPARED_AT_PX = 128
"""Pictures are compared at 128 x 128, whatever a generator's own size, so that generators of 64, 128 and
256 px stand on one scale: a small one is enlarged and pays for the detail that it lacks, a larger one is
reduced and is not paid for detail beyond 128 px. 'The larger of the model and 128' was rejected: two models
in one table would then be measured against different renders."""


def to_common_scale(pictures: Tensor, size_px: int = COMPARED_AT_PX) -> Tensor:
    """pictures (N, 3, h, w) uint8 -> (N, 3, size_px, size_px) float32 in -1..1.

    One filter for both ways, bicubic that averages when it reduces: a filter without averaging would make
    detail of its own (Parmar et al. 2022, 'On aliased resizing').
    """
    values = pictures.float() / 127.5 - 1  # (N, 3, h, w)
    if pictures.shape[-2:] == (size_px, size_px):
        return values
    resized = functional.interpolate(values, size=(size_px, size_px), mode="bicubic", antialias=True)
    return resized.clamp(-1, 1)


def to_pictures(values: Tensor) -> Tensor:
    """(N, 3, h, w) in -1..1 -> uint8, as `gan.generator.to_uint8` rounds: what a person would be given."""
    return (values * 127.5 + 128).clamp(0, 255).to(torch.uint8)
