"""`Generator`: a StyleGAN2 generator ready to run on one device; its weights are constants."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.errors import EditError
from gan.latent_spread import LatentSpread
from gan.mapping import Mapping
from gan.synthesis import NoiseMode, Synthesis

SEED_LIMIT = 2**32  # numpy's RandomState takes 0 .. 2**32 - 1


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from; shown by `inspect` and written into exports.

    sha256: of the file's bytes, hexadecimal; identifies the model in sessions.
    """

    name: str
    sha256: str
    path: str | None = None
    licence: str | None = None
    training_data: str | None = None
    extra: MappingType[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Generator:
    """Latents in, pictures and feature maps out. No method changes it.

    Pictures are (3, height, width) in -1..1 (a little beyond is normal); features {resolution: (C, h, w)}.
    """

    architecture: Architecture
    mapping: Mapping
    synthesis: Synthesis
    provenance: Provenance
    device: torch.device
    dtype: torch.dtype

    @property
    def num_ws(self) -> int:
        """Rows of w_plus."""
        return self.architecture.num_ws

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return self.architecture.block_size(self.architecture.resolution)[0]

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return self.architecture.block_size(self.architecture.resolution)[1]

    @cached_property
    def latent_spread(self) -> LatentSpread:
        """How w varies; computed on the host when it is first asked for (up to a second), then kept."""
        return LatentSpread.of(self.mapping, self.architecture.z_dim, self.architecture.c_dim)

    def sample(
        self,
        seed: int,
        truncation_psi: float = 0.7,
        truncation_cutoff: int | None = None,
        label: Tensor | None = None,
    ) -> Tensor:
        """w_plus (num_ws, w_dim) of a seed: z = numpy RandomState(seed).randn(1, z_dim), as everywhere.

        Raises EditError for a seed outside 0 .. 2**32 - 1 or a label of the wrong size.
        """
        if not 0 <= seed < SEED_LIMIT:
            raise EditError(f"seed {seed} is out of range; allowed are 0 to {SEED_LIMIT - 1}")
        z = np.random.RandomState(seed).randn(1, self.architecture.z_dim)
        return self.map(torch.as_tensor(z), label, truncation_psi, truncation_cutoff)[0]

    @torch.no_grad()
    def map(
        self,
        z: Tensor,
        label: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
    ) -> Tensor:
        """z (N, z_dim), label (N, c_dim) or None -> w_plus (N, num_ws, w_dim), truncated.

        A conditional generator without a label gets the zero label. Raises EditError on wrong sizes.
        """
        c_dim = self.architecture.c_dim
        if label is None and c_dim:
            label = torch.zeros(z.shape[0], c_dim)
        if label is not None and label.shape != (z.shape[0], c_dim):
            raise EditError(
                f"a label of shape {tuple(label.shape)} was given; this generator takes (N, {c_dim})"
            )
        w = self.mapping(self._own(z), None if label is None else self._own(label))  # (N, w_dim)
        w_plus = w[:, None].expand(-1, self.num_ws, -1)  # (N, num_ws, w_dim)
        return self.mapping.truncate(w_plus, truncation_psi, truncation_cutoff).contiguous()

    @torch.no_grad()
    def synthesize(
        self, w_plus: Tensor, noise: NoiseMode = "const", noise_seed: int | None = None
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """w_plus (num_ws, w_dim) -> picture (3, h, w) and every block's features {resolution: (C, h, w)}."""
        image, features = self.synthesis.image(self._own(w_plus)[None], noise=noise, seed=noise_seed)
        return image[0], {resolution: f[0] for resolution, f in features.items()}

    @torch.no_grad()
    def image(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> picture (3, height, width)."""
        return self.synthesis.image(self._own(w_plus)[None], keep=())[0][0]

    @torch.no_grad()
    def rgb_after(self, w_plus: Tensor, resolution: int) -> Tensor:
        """The RGB sum after the block of that resolution, (3, h, w): a cheap preview."""
        return self.synthesis.image(self._own(w_plus)[None], last=resolution, keep=())[0][0]

    def features(self, w_plus: Tensor, resolution: int) -> Tensor:
        """Feature map of one block, (C, h, w); nothing above it runs. Differentiable in w_plus."""
        return self.synthesis.trunk(self._own(w_plus)[None], resolution)[0]

    def _own(self, x: Tensor) -> Tensor:
        return x.to(device=self.device, dtype=self.dtype)


def to_uint8(image: Tensor) -> Tensor:
    """Picture (3, h, w) in -1..1 -> (h, w, 3) uint8: x * 127.5 + 128, clamped to 0..255."""
    return (image * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous()
