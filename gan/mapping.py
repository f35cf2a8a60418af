"""The mapping network: z and labels -> w, and truncation towards the average w (StyleGAN2, section 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import LEAKY_GAIN, LEAKY_SLOPE, Affine, normalise_second_moment


@dataclass(frozen=True)
class Mapping:
    """Fully connected layers with leaky ReLU; `embed` only in conditional generators."""

    layers: tuple[Affine, ...]
    embed: Affine | None
    w_avg: Tensor  # (w_dim,)

    def __call__(self, z: Tensor, label: Tensor | None) -> Tensor:
        """z (N, z_dim), label (N, c_dim) or None -> w (N, w_dim)."""
        x = normalise_second_moment(z)
        if self.embed is not None and label is not None:
            x = torch.cat([x, normalise_second_moment(self.embed(label))], dim=1)  # (N, z_dim + embedding)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), LEAKY_SLOPE) * LEAKY_GAIN
        return x

    def truncate(self, w_plus: Tensor, psi: float, cutoff: int | None) -> Tensor:
        """w_avg + psi * (w - w_avg) on the first `cutoff` rows (None = all), (N, num_ws, w_dim)."""
        rows = w_plus.shape[1] if cutoff is None else cutoff
        truncated = self.w_avg + psi * (w_plus[:, :rows] - self.w_avg)
        return torch.cat([truncated, w_plus[:, rows:]], dim=1)
