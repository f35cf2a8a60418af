"""Untrained generators with published widths: for tests and benchmarks."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.build import build_generator, expected_shapes
from gan.devices import resolve_device
from gan.generator import Generator, Provenance


def random_architecture(
    resolution: int,
    channel_base: int,
    channel_max: int = 512,
    z_dim: int = 512,
    w_dim: int = 512,
    c_dim: int = 0,
    mapping_layer_count: int = 8,
    conv_clamp: float | None = None,
) -> Architecture:
    """The published width rule at any size; config F is channel_base 32768, channel_max 512."""
    table = Architecture.channel_table(resolution, channel_base, channel_max)
    return Architecture(resolution, z_dim, w_dim, c_dim, mapping_layer_count, table, conv_clamp)


def random_tensors(architecture: Architecture, seed: int = 0) -> dict[str, Tensor]:
    """Initial weights as published (unit normal, affine biases 1), with noise and biases that are not
    zero, so that a test would notice if they were left out."""
    source = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for name, shape in expected_shapes(architecture).items():
        drawn = torch.randn(shape, generator=source)
        if name.startswith("mapping.fc") and name.endswith("weight"):
            drawn = drawn * 100.0  # stored divided by the learning-rate multiplier 0.01
        elif name.endswith("affine.bias"):
            drawn = 1.0 + 0.1 * drawn
        elif name.endswith(("noise_strength", ".bias")) or name == "mapping.w_avg":
            drawn = 0.1 * drawn
        tensors[name] = drawn
    return tensors


def random_generator(
    architecture: Architecture,
    seed: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Generator:
    """An untrained generator; the same seed gives the same weights on every device."""
    provenance = Provenance(name=f"random-{architecture.resolution}", sha256=f"random-{seed}")
    return build_generator(
        random_tensors(architecture, seed), architecture, provenance, resolve_device(device), dtype
    )
