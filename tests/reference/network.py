"""The reference generator: StyleGAN2 written literally, slowly, from a dictionary of tensors.

Weights are multiplied by styles and demodulated per sample, scales are applied as the network runs, the
filter is an explicit 2D kernel. It shares no code with gan/: it is the oracle, and the baseline of the
benchmark.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


class ReferenceNetwork:
    """Mapping and synthesis from tensors under NVIDIA's names.

    weight_gradients: the weights require gradients, as in the published program (wasted, but that is what
    it does).
    """

    def __init__(
        self,
        tensors: dict[str, Tensor],
        resolution: int,
        clamp: float | None = None,
        weight_gradients: bool = True,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        self.resolution = resolution
        self.clamp = clamp
        self.num_ws = 2 * int(math.log2(resolution)) - 2
        self.t: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            self.t[name] = tensor.to(dtype).clone().requires_grad_(weight_gradients)

    # --- mapping ---

    def mapping(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z (1, z_dim), label (1, c_dim) or None -> w (1, w_dim)."""
        x = z / torch.sqrt(torch.mean(z**2, dim=1, keepdim=True) + 1e-8)
        if label is not None:
            y = self.dense("mapping.embed", label, lr_multiplier=1.0)
            y = y / torch.sqrt(torch.mean(y**2, dim=1, keepdim=True) + 1e-8)
            x = torch.cat([x, y], dim=1)
        i = 0
        while f"mapping.fc{i}.weight" in self.t:
            x = self.dense(f"mapping.fc{i}", x, lr_multiplier=0.01)
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
            i += 1
        return x

    def w_plus(
        self, z: Tensor, label: Tensor | None = None, psi: float = 1.0, cutoff: int | None = None
    ) -> Tensor:
        """The truncated latent, (1, num_ws, w_dim)."""
        w = self.mapping(z, label)
        rows = []
        for row in range(self.num_ws):
            average = self.t["mapping.w_avg"][None]
            truncated = cutoff is None or row < cutoff
            rows.append(average + psi * (w - average) if truncated else w)
        return torch.stack(rows, dim=1)

    def dense(self, name: str, x: Tensor, lr_multiplier: float) -> Tensor:
        """Equalised dense layer."""
        weight = self.t[f"{name}.weight"] * (lr_multiplier / math.sqrt(x.shape[1]))
        return x @ weight.t() + self.t[f"{name}.bias"] * lr_multiplier

    # --- synthesis ---

    def synthesis(
        self, ws: Tensor, noise: bool = True
    ) -> tuple[Tensor, dict[int, Tensor], dict[int, Tensor]]:
        """ws (1, num_ws, w_dim) -> picture, features of every block, RGB sum after every block."""
        x = self.t["synthesis.b4.const"][None]
        rgb: Tensor | None = None
        features: dict[int, Tensor] = {}
        sums: dict[int, Tensor] = {}
        row = 0
        size = 4
        while size <= self.resolution:
            block = f"synthesis.b{size}"
            if size > 4:
                x = self.layer(f"{block}.conv0", x, ws[:, row], up=True, noise=noise)
                row += 1
            x = self.layer(f"{block}.conv1", x, ws[:, row], up=False, noise=noise)
            row += 1
            features[size] = x
            y = self.to_rgb(f"{block}.torgb", x, ws[:, row])
            rgb = y if rgb is None else filtered_zeros(rgb) + y
            sums[size] = rgb
            size *= 2
        assert rgb is not None
        return rgb, features, sums

    def layer(self, name: str, x: Tensor, w: Tensor, up: bool, noise: bool) -> Tensor:
        """One 3x3 layer for a batch of one, with its weights modulated and demodulated."""
        style = self.dense(f"{name}.affine", w, lr_multiplier=1.0)  # (1, in)
        weight = self.t[f"{name}.weight"] * style[0][None, :, None, None]  # (out, in, 3, 3)
        weight = weight / torch.sqrt((weight**2).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        if up:
            x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # kernel not turned
            x = filter_2d(F.pad(x, [1, 1, 1, 1]), gain=4.0)
        else:
            x = F.conv2d(F.pad(x, [1, 1, 1, 1]), weight)
        if noise:
            x = x + self.t[f"{name}.noise_const"] * self.t[f"{name}.noise_strength"]
        x = x + self.t[f"{name}.bias"][None, :, None, None]
        x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        return x if self.clamp is None else torch.clamp(x, -self.clamp, self.clamp)

    def to_rgb(self, name: str, x: Tensor, w: Tensor) -> Tensor:
        """1x1 layer to RGB: modulated, not demodulated."""
        style = self.dense(f"{name}.affine", w, lr_multiplier=1.0) / math.sqrt(x.shape[1])
        y = F.conv2d(x, self.t[f"{name}.weight"] * style[0][None, :, None, None])
        y = y + self.t[f"{name}.bias"][None, :, None, None]
        return y if self.clamp is None else torch.clamp(y, -self.clamp, self.clamp)


def filter_2d(x: Tensor, gain: float) -> Tensor:
    """Every channel with outer([1, 3, 3, 1]) / 64 * gain, no padding."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype)
    kernel = (torch.outer(taps, taps) / 64 * gain).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, kernel, groups=x.shape[1])


def filtered_zeros(rgb: Tensor) -> Tensor:
    """The skip RGB upsampled by two: zeros between the pixels, pad (2, 1), filter."""
    spread = rgb.new_zeros(1, rgb.shape[1], 2 * rgb.shape[2], 2 * rgb.shape[3])
    spread[:, :, ::2, ::2] = rgb
    return filter_2d(F.pad(spread, [2, 1, 2, 1]), gain=4.0)
