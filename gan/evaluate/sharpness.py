"""How much fine detail pictures have: the energy of the finest band of a Laplacian pyramid (Burt and Adelson
1983)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # the pyramid's low-pass filter


def detail_energy(pictures: Tensor) -> Tensor:
    """pictures (N, 3, H, W) in -1..1 -> mean square of the brightness that a 5-tap blur takes away, (N,).

    Comparable between pictures of one size only (`gan.evaluate.common_scale`).
    """
    weights = torch.tensor(LUMA, dtype=pictures.dtype, device=pictures.device)
    brightness = (pictures * weights[:, None, None]).sum(dim=1, keepdim=True)  # (N, 1, H, W)
    taps = torch.tensor(BINOMIAL, dtype=pictures.dtype, device=pictures.device)
    padded = functional.pad(brightness, (2, 2, 2, 2), mode="reflect")
    rows = functional.conv2d(padded, taps[None, None, :, None])
    blurred = functional.conv2d(rows, taps[None, None, None, :])  # (N, 1, H, W)
    return (brightness - blurred).square().mean(dim=(1, 2, 3))


def sharpness_ratio(samples: Tensor, renders: Tensor) -> float:
    """Root mean detail energy of samples (N,) over that of renders (M,): 1 = as sharp, 0.5 = half the
    contrast of fine detail, above 1 = detail that renders do not have (noise, ringing)."""
    return root_mean_detail(samples) / root_mean_detail(renders)


def root_mean_detail(energies: Tensor) -> float:
    """Of energies (N,): root mean square of the finest band, of brightness in -1..1."""
    return float(energies.double().mean().sqrt())
