"""Builds a `Generator` from tensors under NVIDIA's names, and says which tensors an architecture needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Mapping as MappingType

import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.errors import ModelFileError
from gan.generator import Generator, Provenance
from gan.layers import UPSAMPLING_TAPS, Affine, ModulatedConv, ToRGB
from gan.mapping import Mapping
from gan.synthesis import Block, Synthesis

REMEDY = "the file is damaged or its header is not its own: convert or download it again"
MAPPING_LR_MULTIPLIER = 0.01  # stored mapping weights are this much larger than those in use (StyleGAN2, B)


def expected_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of a generator of this architecture, under NVIDIA's names."""
    a = architecture
    shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (a.w_dim,)}
    if a.c_dim:
        shapes["mapping.embed.weight"], shapes["mapping.embed.bias"] = (a.w_dim, a.c_dim), (a.w_dim,)
    for i in range(a.mapping_layer_count):
        fan_in = a.w_dim if i else a.z_dim + (a.w_dim if a.c_dim else 0)
        shapes[f"mapping.fc{i}.weight"], shapes[f"mapping.fc{i}.bias"] = (a.w_dim, fan_in), (a.w_dim,)
    shapes["synthesis.b4.const"] = (a.channels[4], a.base_height, a.base_width)
    for r in a.block_resolutions:
        c, below = a.channels[r], a.channels.get(r // 2, 0)
        for layer, fan_in in ([("conv0", below)] if r > 4 else []) + [("conv1", c)]:
            name = f"synthesis.b{r}.{layer}"
            shapes |= {
                f"{name}.weight": (c, fan_in, 3, 3),
                f"{name}.bias": (c,),
                f"{name}.noise_const": a.block_size(r),
                f"{name}.noise_strength": (),
                f"{name}.affine.weight": (fan_in, a.w_dim),
                f"{name}.affine.bias": (fan_in,),
            }
        name = f"synthesis.b{r}.torgb"
        shapes |= {
            f"{name}.weight": (a.img_channels, c, 1, 1),
            f"{name}.bias": (a.img_channels,),
            f"{name}.affine.weight": (c, a.w_dim),
            f"{name}.affine.bias": (c,),
        }
    return shapes


def check_tensors(tensors: MappingType[str, Tensor], architecture: Architecture, origin: str) -> None:
    """Raises ModelFileError, naming the first offender, where tensors are missing, extra, misshapen,
    not floating-point or not finite. `origin` is the file's name, for the message."""
    expected = expected_shapes(architecture)
    missing = [name for name in expected if name not in tensors]
    extra = sorted(set(tensors) - set(expected))
    if missing:
        raise ModelFileError(
            f"{origin}: the architecture needs {len(missing)} tensors that are not there, the first is "
            f"'{missing[0]}'; {REMEDY}"
        )
    if extra:
        raise ModelFileError(
            f"{origin}: {len(extra)} tensors do not belong to the architecture, the first is '{extra[0]}'; "
            f"{REMEDY}"
        )
    for name, shape in expected.items():
        tensor = tensors[name]
        if tuple(tensor.shape) != shape:
            raise ModelFileError(
                f"{origin}: tensor '{name}' has shape {list(tensor.shape)}, needed is {list(shape)}; {REMEDY}"
            )
        if not tensor.is_floating_point():
            raise ModelFileError(
                f"{origin}: tensor '{name}' holds {tensor.dtype}, needed is floating point; {REMEDY}"
            )
        if not bool(tensor.isfinite().all()):  # sync: once, while loading
            raise ModelFileError(f"{origin}: tensor '{name}' holds values that are not finite; {REMEDY}")


def build_generator(
    tensors: MappingType[str, Tensor],
    architecture: Architecture,
    provenance: Provenance,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    note: Callable[[float], None] = lambda _share: None,
) -> Generator:
    """A generator with every constant folded: scales of dense layers, sums of squared kernels, noise.

    `tensors` must have passed `check_tensors`. Weights end up on `device` in `dtype`. `note` hears which
    share of the blocks is done, and may raise to give up.
    """
    builder = _Builder(tensors, architecture, device, dtype, note)
    return Generator(architecture, builder.mapping(), builder.synthesis(), provenance, device, dtype)


class _Builder:
    """Reads tensors by name, folds the published scales in double precision, then converts."""

    def __init__(
        self,
        tensors: MappingType[str, Tensor],
        architecture: Architecture,
        device: torch.device,
        dtype: torch.dtype,
        note: Callable[[float], None],
    ) -> None:
        self._tensors = tensors
        self._architecture = architecture
        self._device = device
        self._dtype = dtype
        self._note = note
        self._fir = torch.tensor(UPSAMPLING_TAPS, device=device, dtype=dtype)

    def mapping(self) -> Mapping:
        embed = self._affine("mapping.embed", 1.0) if self._architecture.c_dim else None
        layers = tuple(
            self._affine(f"mapping.fc{i}", MAPPING_LR_MULTIPLIER)
            for i in range(self._architecture.mapping_layer_count)
        )
        return Mapping(layers, embed, self._get("mapping.w_avg"))

    def synthesis(self) -> Synthesis:
        blocks: list[Block] = []
        resolutions = self._architecture.block_resolutions
        for r in resolutions:
            layers = ("conv1",) if r == 4 else ("conv0", "conv1")
            blocks.append(Block(r, tuple(self._conv(r, layer) for layer in layers), self._torgb(r)))
            self._note(len(blocks) / len(resolutions))
        return Synthesis(self._get("synthesis.b4.const")[None], tuple(blocks))

    def _conv(self, resolution: int, layer: str) -> ModulatedConv:
        name = f"synthesis.b{resolution}.{layer}"
        weight = self._raw(f"{name}.weight")  # (out, in, 3, 3)
        strength = self._raw(f"{name}.noise_strength")
        up = layer == "conv0"
        return ModulatedConv(
            resolution=resolution,
            up=up,
            weight=self._own(weight.transpose(0, 1).contiguous() if up else weight),
            power=self._own(weight.square().sum(dim=(2, 3))),
            affine=self._affine(f"{name}.affine", 1.0),
            noise=self._own((self._raw(f"{name}.noise_const") * strength)[None, None]),
            noise_strength=self._own(strength),
            bias=self._get(f"{name}.bias"),
            fir=self._fir,
            clamp=self._architecture.conv_clamp,
        )

    def _torgb(self, resolution: int) -> ToRGB:
        name = f"synthesis.b{resolution}.torgb"
        weight = self._raw(f"{name}.weight")[:, :, 0, 0]  # (3, in)
        return ToRGB(
            weight=self._own(weight / math.sqrt(weight.shape[1])),
            affine=self._affine(f"{name}.affine", 1.0),
            bias=self._get(f"{name}.bias"),
            clamp=self._architecture.conv_clamp,
        )

    def _affine(self, name: str, lr_multiplier: float) -> Affine:
        weight = self._raw(f"{name}.weight")
        bias = self._raw(f"{name}.bias")
        scale = lr_multiplier / math.sqrt(weight.shape[1])
        return Affine(self._own(weight * scale), self._own(bias * lr_multiplier))

    def _raw(self, name: str) -> Tensor:
        return self._tensors[name].double()

    def _get(self, name: str) -> Tensor:
        return self._own(self._raw(name))

    def _own(self, tensor: Tensor) -> Tensor:
        return tensor.to(device=self._device, dtype=self._dtype)
