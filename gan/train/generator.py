"""`TrainableGenerator`: StyleGAN2's generator with weights that learn, computed by the layers that gan/ runs.

The weights are kept by NVIDIA's names and shapes, so an export only multiplies by constants.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.architecture import Architecture
from gan.build import MAPPING_LR_MULTIPLIER, expected_shapes
from gan.layers import (
    LEAKY_GAIN,
    LEAKY_SLOPE,
    UPSAMPLING_TAPS,
    Affine,
    ModulatedConv,
    ToRGB,
    normalise_second_moment,
    upsample_rgb,
)
from gan.train.activation import fused_activation
from gan.train.half_synthesis import HalfSynthesis, NoiseFor, half_picture


@dataclass(frozen=True)
class FactorSplit:
    """Geometry factors feed the first half of w, and it the first `rows` rows; appearance feeds the rest.

    So a drag that moves the geometry rows cannot touch colours. geometry, appearance: columns of z.
    """

    geometry: tuple[int, ...]
    appearance: tuple[int, ...]
    rows: int


class TrainableGenerator:
    """Weights by name, and the two networks as functions of them.

    tensors: under NVIDIA's names, as stored in files except that mapping weights are stored for
    `mapping_lr_multiplier`, and everything for a split network of half the width (`scale_of`).
    """

    def __init__(
        self,
        architecture: Architecture,
        tensors: Mapping[str, Tensor],
        split: FactorSplit | None = None,
        mapping_lr_multiplier: float = 1.0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.architecture = architecture
        self.split = split
        self.mapping_lr_multiplier = mapping_lr_multiplier
        self.weights: dict[str, Tensor] = {}
        self.constants: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            own = tensor.detach().to(device, torch.float32).clone()
            if is_constant(name):
                self.constants[name] = own
            else:
                self.weights[name] = own.requires_grad_()
        self._scales = {
            name: scale_of(name, architecture, split, mapping_lr_multiplier).to(device)
            for name in tensors
            if name.startswith("mapping.fc") or ".affine." in name
        }
        self._fir = torch.tensor(UPSAMPLING_TAPS, device=device)
        self._half = HalfSynthesis(architecture, self._scales, device)

    def parameters(self) -> list[Tensor]:
        """The tensors that learn, in a fixed order."""
        return list(self.weights.values())

    def with_weights(self, weights: Mapping[str, Tensor]) -> TrainableGenerator:
        """The same network on other weights (their average), sharing its constants."""
        other = object.__new__(TrainableGenerator)
        other.__dict__ |= self.__dict__ | {"weights": dict(weights)}
        return other

    def to(self, device: torch.device) -> TrainableGenerator:
        """The same network on another device."""
        tensors = self.weights | self.constants
        return TrainableGenerator(self.architecture, tensors, self.split, self.mapping_lr_multiplier, device)

    def rescaled(self, mapping_lr_multiplier: float) -> TrainableGenerator:
        """The same function with a mapping that learns faster or slower."""
        ratio = self.mapping_lr_multiplier / mapping_lr_multiplier
        tensors = {
            name: tensor * ratio if name.startswith("mapping.fc") else tensor
            for name, tensor in (self.weights | self.constants).items()
        }
        device = self._fir.device
        return TrainableGenerator(self.architecture, tensors, self.split, mapping_lr_multiplier, device)

    def fuse(self) -> None:
        """From now on 16-bit layers are fused, also of those that share these constants: see
        `fused_activation`."""
        self._half.activation = fused_activation(self._fir.device)

    def map(self, z: Tensor, normalise: bool = True) -> Tensor:
        """z (N, z_dim) -> w (N, w_dim). normalise: as samplers do; not for given factors."""
        x = normalise_second_moment(z) if normalise else z
        for i in range(self.architecture.mapping_layer_count):
            x = F.leaky_relu(self._affine(f"mapping.fc{i}")(x), LEAKY_SLOPE) * LEAKY_GAIN
        return x

    def broadcast(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> w_plus (N, num_ws, w_dim)."""
        return w[:, None].expand(-1, self.architecture.num_ws, -1)

    def picture(
        self,
        w_plus: Tensor,
        noise_for: NoiseFor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """w_plus (N, num_ws, w_dim), or (N, 1, w_dim) for all rows alike -> pictures (N, 3, h, w).

        noise_for: None = the stored noise. dtype: of the convolutions; styles, demodulation and the RGB sum
        stay in float32.
        """
        if dtype != torch.float32:
            return half_picture(self._half, self.weights, self.constants, w_plus, noise_for, dtype)
        w_plus = w_plus.expand(-1, self.architecture.num_ws, -1)
        x = self.weights["synthesis.b4.const"].expand(w_plus.shape[0], -1, -1, -1)
        rgb: Tensor | None = None
        row = 0
        for r in self.architecture.block_resolutions:
            for layer in ("conv1",) if r == 4 else ("conv0", "conv1"):
                conv = self._conv(r, layer)
                stored = self.constants[f"synthesis.b{r}.{layer}.noise_const"]
                noise = conv.noise if noise_for is None else noise_for(stored, conv.noise_strength)
                x = conv(x, w_plus[:, row], noise)
                row += 1
            y = self._torgb(r)(x, w_plus[:, row])
            rgb = y if rgb is None else upsample_rgb(rgb, self._fir) + y
        assert rgb is not None
        return rgb

    def exported(self) -> dict[str, Tensor]:
        """Every tensor as a file stores it, on the CPU."""
        tensors: dict[str, Tensor] = {}
        for name in expected_shapes(self.architecture):
            tensor = (self.weights | self.constants)[name].detach()
            if name in self._scales:
                tensor = tensor * self._scales[name] / stored_scale(name, self.architecture)
            tensors[name] = tensor.float().cpu()
        return tensors

    def _conv(self, resolution: int, layer: str) -> ModulatedConv:
        name = f"synthesis.b{resolution}.{layer}"
        weight = self.weights[f"{name}.weight"]  # (out, in, 3, 3)
        strength = self.weights[f"{name}.noise_strength"]
        return ModulatedConv(
            resolution=resolution,
            up=layer == "conv0",
            weight=weight.transpose(0, 1) if layer == "conv0" else weight,
            power=weight.square().sum(dim=(2, 3)),
            affine=self._affine(f"{name}.affine"),
            noise=self.constants[f"{name}.noise_const"] * strength,
            noise_strength=strength,
            bias=self.weights[f"{name}.bias"],
            fir=self._fir,
            clamp=self.architecture.conv_clamp,
        )

    def _torgb(self, resolution: int) -> ToRGB:
        name = f"synthesis.b{resolution}.torgb"
        weight = self.weights[f"{name}.weight"][:, :, 0, 0]  # (3, in)
        scaled = weight / math.sqrt(weight.shape[1])
        clamp = self.architecture.conv_clamp
        return ToRGB(scaled, self._affine(f"{name}.affine"), self.weights[f"{name}.bias"], clamp)

    def _affine(self, name: str) -> Affine:
        weight, bias = f"{name}.weight", f"{name}.bias"
        return Affine(self.weights[weight] * self._scales[weight], self.weights[bias] * self._scales[bias])


def is_constant(name: str) -> bool:
    """Whether the tensor of that name does not learn by gradients."""
    return name.endswith("noise_const") or name == "mapping.w_avg"


def stored_scale(name: str, architecture: Architecture) -> float:
    """What a file's dense weight or bias is multiplied by before use (gan/build.py)."""
    multiplier = MAPPING_LR_MULTIPLIER if name.startswith("mapping.") else 1.0
    if name.endswith(".bias"):
        return multiplier
    return multiplier / math.sqrt(expected_shapes(architecture)[name][1])


def scale_of(
    name: str, architecture: Architecture, split: FactorSplit | None, mapping_lr_multiplier: float
) -> Tensor:
    """What a learning dense weight (matrix) or bias (scalar) is multiplied by before use.

    1 / sqrt(fan-in), as published; of a split network the fan-in is that of the half, and what would join
    the halves is zero.
    """
    multiplier = mapping_lr_multiplier if name.startswith("mapping.") else 1.0
    if name.endswith(".bias"):
        return torch.tensor(multiplier)
    shape = expected_shapes(architecture)[name]
    mask = torch.ones(shape) if split is None else _mask_of(name, shape, architecture, split)
    fan_in = mask.sum(dim=1, keepdim=True)  # (out, 1)
    return mask * multiplier / fan_in.clamp(min=1).sqrt()


def _mask_of(name: str, shape: tuple[int, ...], architecture: Architecture, split: FactorSplit) -> Tensor:
    """1 where a dense weight may differ from zero: (out, in)."""
    mask = torch.zeros(shape)
    half = architecture.w_dim // 2
    if name == "mapping.fc0.weight":
        mask[:half, list(split.geometry)] = 1
        mask[half:, list(split.appearance)] = 1
    elif name.startswith("mapping."):
        mask[:half, :half] = 1
        mask[half:, half:] = 1
    elif row_of(name) < split.rows:
        mask[:, :half] = 1
    else:
        mask[:, half:] = 1
    return mask


def row_of(name: str) -> int:
    """The row of w_plus that a synthesis layer's affine reads."""
    block, layer = name.split(".")[1:3]
    number = int(math.log2(int(block[1:]))) - 2  # 0 at 4x4
    return {"conv0": 2 * number - 1, "conv1": 2 * number, "torgb": 2 * number + 1}[layer]
