"""Small generator files of every format, made from one set of tensors under NVIDIA's names.

The renaming here goes the other way than that of gan/formats and shares no code with it.
"""

from __future__ import annotations

import argparse
import io
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.random_model import random_tensors
from tests.gan.formats.stand_ins import EasyDict, Network, dump, module_tree

Tensors = dict[str, Tensor]
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])


def small(
    resolution: int = 16,
    z_dim: int = 12,
    w_dim: int = 10,
    c_dim: int = 0,
    mapping_layers: int = 2,
    clamp: float | None = None,
    base: tuple[int, int] = (4, 4),
    widths: dict[int, int] | None = None,
) -> Architecture:
    """An architecture with uneven widths: no table of anybody's."""
    table = widths or {4: 7, 8: 6, 16: 5, 32: 4, 64: 3}
    channels = {r: c for r, c in table.items() if r <= resolution}
    return Architecture(
        resolution,
        z_dim,
        w_dim,
        c_dim,
        mapping_layers,
        channels,
        clamp,
        base_height=base[0],
        base_width=base[1],
    )


def tensors_of(architecture: Architecture, seed: int = 1) -> Tensors:
    """Untrained tensors under NVIDIA's names."""
    return random_tensors(architecture, seed)


def with_filters(tensors: Tensors) -> Tensors:
    """And the constant filters that NVIDIA's files have in every layer."""
    kernel = torch.outer(TAPS, TAPS) / 64
    names = [n.removesuffix("weight") for n in tensors if n.endswith(("conv0.weight", "conv1.weight"))]
    return tensors | {f"{name}resample_filter": kernel.clone() for name in names}


def nvidia_value(tensors: Tensors, clamp: float | None = None, **extra: Any) -> dict[str, Any]:
    """The dictionary that NVIDIA's training writes."""
    layers = {
        name.removesuffix(".weight"): {"conv_clamp": clamp}
        for name in tensors
        if name.endswith(("conv0.weight", "conv1.weight", "torgb.weight"))
    }
    d = {"b8.conv0.weight": torch.ones(2, 2, 3, 3), "b8.conv0.bias": torch.zeros(2)}
    return {
        "G": None,
        "D": module_tree(d, "Discriminator"),
        "G_ema": module_tree(
            with_filters(tensors),
            attributes=layers
            | {
                "": {
                    "_init_args": (),
                    "_init_kwargs": EasyDict(channel_base=16384, num_fp16_res=4),
                    "z_dim": 12,
                }
            },
        ),
        "augment_pipe": None,
        "training_set_kwargs": EasyDict(
            class_name="training.dataset.ImageFolderDataset", path="/data/cats.zip"
        ),
        **extra,
    }


def nvidia_file(path: Path, tensors: Tensors, protocol: int = 4, clamp: float | None = None) -> Path:
    """stylegan2-ada-pytorch's .pkl."""
    path.write_bytes(dump(nvidia_value(tensors, clamp), protocol))
    return path


def tensorflow_value(tensors: Tensors) -> tuple[Network, Network, Network]:
    """(G, D, Gs) of the TensorFlow era."""
    groups: dict[str, list[tuple[str, Any]]] = {
        "": [("lod", torch.tensor(0.0).numpy())],
        "mapping": [],
        "synthesis": [],
    }
    for name, tensor in tensors.items():
        group, variable, array = _tensorflow(name, tensor)
        groups[group].append((variable, array.contiguous().numpy()))

    def network(name: str, variables: list[Any], components: dict[str, Any]) -> Network:
        return Network(
            version=4,
            name=name,
            static_kwargs=EasyDict(fmap_base=16384, resolution=16),
            components=components,
            build_module_src="raise SystemExit('this source was run')",
            build_func_name="G_main",
            variables=variables,
        )

    inner = EasyDict((group, network(group, groups[group], EasyDict())) for group in ("mapping", "synthesis"))
    gs = network("Gs", groups[""], inner)
    d = network("D", [("8x8/Conv0/weight", torch.ones(3, 3, 2, 2).numpy())], EasyDict())
    return network("G", [], EasyDict()), d, gs


def tensorflow_file(path: Path, tensors: Tensors, protocol: int = 4) -> Path:
    """A TensorFlow-era .pkl."""
    path.write_bytes(dump(tensorflow_value(tensors), protocol))
    return path


def _tensorflow(name: str, t: Tensor) -> tuple[str, str, Tensor]:
    parts = name.split(".")
    if name == "mapping.w_avg":
        return "", "dlatent_avg", t
    if parts[0] == "mapping":
        layer = "LabelEmbed" if parts[1] == "embed" else f"Dense{parts[1].removeprefix('fc')}"
        return "mapping", f"{layer}/{parts[2]}", t.T if parts[2] == "weight" else t
    r = int(parts[1].removeprefix("b"))
    if parts[2] == "const":
        return "synthesis", "4x4/Const/const", t[None]
    layer = {"conv0": "Conv0_up", "conv1": "Conv" if r == 4 else "Conv1", "torgb": "ToRGB"}[parts[2]]
    scope = f"{r}x{r}/{layer}"
    ending = ".".join(parts[3:])
    if ending == "noise_const":
        index = 2 * int(math.log2(r)) - (5 if parts[2] == "conv0" else 4)
        return "synthesis", f"noise{index}", t[None, None]
    if ending == "weight":
        turned = t.flip(2, 3) if parts[2] == "conv0" else t
        return "synthesis", f"{scope}/weight", turned.permute(2, 3, 1, 0)
    if ending == "affine.weight":
        return "synthesis", f"{scope}/mod_weight", t.T
    if ending == "affine.bias":
        return "synthesis", f"{scope}/mod_bias", t - 1
    return "synthesis", f"{scope}/{ending}", t


def rosinality_value(tensors: Tensors, with_average: bool = True) -> dict[str, Any]:
    """The checkpoint that rosinality's training writes."""
    g: Tensors = {}
    for name, tensor in tensors.items():
        if name != "mapping.w_avg":
            new_name, renamed = _rosinality(name, tensor)
            g[new_name] = renamed.contiguous()
    for j in range(sum("conv0.weight" in n for n in tensors)):
        g[f"convs.{2 * j}.conv.blur.kernel"] = torch.outer(TAPS, TAPS) / 16
        g[f"to_rgbs.{j}.upsample.kernel"] = torch.outer(TAPS, TAPS) / 16
    value: dict[str, Any] = {
        "g": {n: t + 1 for n, t in g.items()},
        "d": {"convs.0.0.weight": torch.ones(2, 3, 1, 1)},
        "g_ema": g,
        "g_optim": {
            "state": {0: {"step": 3, "exp_avg": torch.zeros(2)}},
            "param_groups": [{"lr": 0.002, "betas": (0, 0.99)}],
        },
        "args": argparse.Namespace(size=16, batch=4),
        "ada_aug_p": 0.0,
    }
    if with_average:
        value["latent_avg"] = tensors["mapping.w_avg"]
    return value


def rosinality_file(path: Path, tensors: Tensors, with_average: bool = True, legacy: bool = False) -> Path:
    """rosinality's .pt."""
    torch.save(rosinality_value(tensors, with_average), path, _use_new_zipfile_serialization=not legacy)
    return path


def _rosinality(name: str, t: Tensor) -> tuple[str, Tensor]:
    parts = name.split(".")
    if parts[0] == "mapping":
        return f"style.{int(parts[1].removeprefix('fc')) + 1}.{parts[2]}", t
    r = int(parts[1].removeprefix("b"))
    j = int(math.log2(r)) - 3
    if parts[2] == "const":
        return "input.input", t[None]
    ending = ".".join(parts[3:])
    if ending == "noise_const":
        return f"noises.noise_{0 if r == 4 else 2 * j + (1 if parts[2] == 'conv0' else 2)}", t[None, None]
    if parts[2] == "torgb":
        layer = "to_rgb1" if r == 4 else f"to_rgbs.{j}"
    else:
        layer = "conv1" if r == 4 else f"convs.{2 * j + int(parts[2][-1])}"
    if ending == "weight":
        return f"{layer}.conv.weight", t[None]
    if ending.startswith("affine."):
        return f"{layer}.conv.modulation.{ending.removeprefix('affine.')}", t
    if ending == "noise_strength":
        return f"{layer}.noise.weight", t.reshape(1)
    return (f"{layer}.bias", t.reshape(1, 3, 1, 1)) if parts[2] == "torgb" else (f"{layer}.activate.bias", t)


def state_dict_file(path: Path, tensors: Tensors, legacy: bool = False, key: str | None = "G_ema") -> Path:
    """A torch file with NVIDIA's names, as conversions and StyleGAN-Human's users make them."""
    named = with_filters(tensors)
    value: Any = {key: named} if key else named
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    return path


def torch_bytes(value: object, legacy: bool = False, protocol: int = 2) -> bytes:
    """torch.save to memory."""
    buffer = io.BytesIO()
    torch.save(value, buffer, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()
