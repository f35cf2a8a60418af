"""Small untrained generators for the tests, and the pairing of a DragSession with its reference."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gan import DragParams, DragSession, Generator
from gan.architecture import Architecture
from gan.latent_spread import SAMPLE_COUNT, SEED
from gan.random_model import random_architecture, random_generator, random_tensors
from tests.reference.loop import ReferenceDrag
from tests.reference.network import ReferenceNetwork
from tests.reference.whitening import heard_coordinates, latent_samples, step_map

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
        tensors = random_tensors(architecture, self.seed)
        rows = p.row_count(architecture.num_ws)
        whitening = p.whitening if self.mask is None else p.masked_whitening
        step_map = reference_step_map(tensors, self.resolution, whitening, rows) if whitening else None
        reference = ReferenceDrag(
            tensors,
            self.resolution,
            w_plus,
            list(self.handles),
            list(self.targets),
            self.mask,
            feature_resolution=cells,
            r1_px=max(1, round(p.supervision_radius / 4 * self.resolution / cells)),
            r2_px=max(2, round(p.tracking_radius / 4 * self.resolution / cells)),
            mask_weight=p.mask_weight,
            mask_smoothing=p.mask_smoothing,
            learning_rate=p.learning_rate,
            momentum_shedding=p.momentum_shedding,
            row_count=rows,
            row_weights=p.row_weights(
                architecture.num_ws, self.mask is not None, p.feature_resolution or cells
            ),
            latent_space=p.latent_space,
            order=p.order,
            norm=p.tracking_norm,
            tracking_kernel=p.tracking_kernel,
            stop_px=max(
                p.stop_distance / 512 * generator.height,
                p.minimum_stop_px,
                generator.height / cells / 8 if p.tracking_subdivision > 1 else 0.0,
            ),
            step_map=step_map,
            dtype=self.dtype,
        )
        session = DragSession(generator, w_plus, self.handles, self.targets, self.mask, self.params)
        return session, reference


def seeded_z(z_dim: int) -> np.ndarray:
    """The z from which gan/ learns how a generator's latents vary."""
    return np.random.RandomState(SEED).randn(SAMPLE_COUNT, z_dim)


def reference_step_map(
    tensors: dict[str, Tensor], resolution: int, whitening: float, rows: int, c_dim: int = 0
) -> Tensor:
    """The reference's step map (w_dim, w_dim) of a generator with these tensors."""
    network = ReferenceNetwork(tensors, resolution, weight_gradients=False)
    z_dim = tensors["mapping.fc0.weight"].shape[1] - (tensors["mapping.w_avg"].shape[0] if c_dim else 0)
    samples = latent_samples(network, seeded_z(z_dim), c_dim)
    return torch.from_numpy(step_map(samples, whitening, heard_coordinates(network, rows)))


def relative_error(got: Tensor, expected: Tensor, start: Tensor) -> float:
    """|got - expected| relative to how far `expected` moved from `start`."""
    moved = (expected - start).norm().clamp(min=torch.finfo(expected.dtype).tiny)
    return float((got - expected).norm() / moved)
