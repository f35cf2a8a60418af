"""Small untrained generators for the tests, and the pairing of a DragSession with its reference."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gan import DragParams, DragSession, Generator
from gan.architecture import Architecture
from gan.random_model import random_architecture, random_generator, random_tensors
from tests.reference.loop import ReferenceDrag

Point = tuple[float, float]


def small_architecture(
    resolution: int = 64, c_dim: int = 0, clamp: float | None = None, base: tuple[int, int] = (4, 4)
) -> Architecture:
    """Few channels, narrow latents, the real structure. base: (height, width) of the learnt constant."""
    square = random_architecture(
        resolution,
        channel_base=resolution * 8,
        channel_max=32 if resolution < 256 else 16,
        z_dim=24,
        w_dim=20,
        c_dim=c_dim,
        mapping_layer_count=2,
        conv_clamp=clamp,
    )
    return replace(square, base_height=base[0], base_width=base[1])


def small_generator(seed: int = 0, resolution: int = 64, dtype: torch.dtype = torch.float64) -> Generator:
    """A generator of `small_architecture`."""
    return random_generator(small_architecture(resolution), seed, dtype=dtype)


@dataclass(frozen=True)
class DragCase:
    """One drag for both programs."""

    params: DragParams
    handles: tuple[Point, ...]
    targets: tuple[Point, ...]
    mask: np.ndarray | None = None
    seed: int = 0
    resolution: int = 64
    dtype: torch.dtype = torch.float64
    base: tuple[int, int] = (4, 4)

    def start(self) -> tuple[DragSession, ReferenceDrag]:
        """The session and the reference, both at the start of the drag."""
        architecture = small_architecture(self.resolution, base=self.base)
        generator = random_generator(architecture, self.seed, dtype=self.dtype)
        w_plus = generator.sample(self.seed)
        p, cells = self.params, architecture.default_feature_resolution
        reference = ReferenceDrag(
            random_tensors(architecture, self.seed),
            self.resolution,
            w_plus,
            list(self.handles),
            list(self.targets),
            self.mask,
            feature_resolution=cells,
            r1_px=max(1, round(p.supervision_radius / 4 * self.resolution / cells)),
            r2_px=max(2, round(p.tracking_radius / 4 * self.resolution / cells)),
            mask_weight=p.mask_weight,
            learning_rate=p.learning_rate,
            row_count=p.row_count(architecture.num_ws),
            latent_space=p.latent_space,
            order=p.order,
            norm=p.tracking_norm,
            stop_px=max(p.stop_distance / 512 * generator.height, p.minimum_stop_px),
            dtype=self.dtype,
        )
        session = DragSession(generator, w_plus, self.handles, self.targets, self.mask, self.params)
        return session, reference


def relative_error(got: Tensor, expected: Tensor, start: Tensor) -> float:
    """|got - expected| relative to how far `expected` moved from `start`."""
    moved = (expected - start).norm().clamp(min=torch.finfo(expected.dtype).tiny)
    return float((got - expected).norm() / moved)
