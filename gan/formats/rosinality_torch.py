"""rosinality's stylegan2-pytorch checkpoints: their names and shapes turned into NVIDIA's."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.build import MAPPING_LR_MULTIPLIER
from gan.errors import ModelFileError
from gan.formats.contents import Hint, ModelContents, hints_of
from gan.formats.limits import ReadBudget, shown
from gan.formats.nvidia_names import contents_of, scalar
from gan.formats.records import ObjectRecord, entries_of
from gan.formats.state_dict import stored_tensors
from gan.formats.tensor_records import DerivedTensor, MadeTensor, StoredTensor
from gan.layers import LEAKY_GAIN, LEAKY_SLOPE, normalise_second_moment

AVERAGED_STYLE_COUNT = 10_000
AVERAGED_AT_ONCE = 2_000
_LAYER = r"(conv1|convs\.\d+|to_rgb1|to_rgbs\.\d+)"


def is_rosinality(root: object, budget: ReadBudget) -> bool:
    """Whether the value is such a checkpoint, or the generator's state dict alone."""
    return _find(root, budget) is not None


def read_rosinality(root: object, container: str, budget: ReadBudget, file_bytes: int) -> ModelContents:
    """The contents of the dictionary g_ema, latent_avg, ... Raises ModelFileError."""
    found = _find(root, budget)
    assert found is not None
    key, source = found
    entries = cast(dict[str, object], root) if key else dict[str, object]()
    tensors, skipped = _renamed(source)
    ignored = [f"{skipped} constant filters of the generator"] if skipped else []
    hints: dict[str, Hint] = {}
    average = stored_tensors({"latent_avg": entries.get("latent_avg")}, budget)
    if average is not None:
        stored = average["latent_avg"]
        size = math.prod(stored.shape)
        tensors["mapping.w_avg"] = DerivedTensor(stored, (size,), lambda t: t.reshape(-1))
    elif "mapping.fc0.weight" in tensors:
        tensors["mapping.w_avg"] = _averaged(dict(tensors))
        hints["average_style"] = f"not in the file; the mean of {AVERAGED_STYLE_COUNT} seeded styles"
    arguments = entries.get("args")
    if isinstance(arguments, ObjectRecord):
        hints |= hints_of(arguments.state)
    hints |= hints_of({k: v for k, v in entries.items() if isinstance(v, int | float)})
    for name, entry in entries.items():
        plain = entry is None or isinstance(entry, int | float)
        if not plain and name not in (key, "d", "latent_avg", "args"):
            ignored.append(f"'{shown(name)}'")
    return contents_of(
        f"rosinality {container}",
        tensors,
        discriminator=stored_tensors(entries.get("d"), budget) or {},
        hints=hints,
        ignored=ignored,
        file_bytes=file_bytes,
    )


def _find(root: object, budget: ReadBudget) -> tuple[str, dict[str, StoredTensor]] | None:
    entries = entries_of(root)
    for key in ("g_ema", "g", ""):
        tensors = stored_tensors(entries.get(key) if key else root, budget)
        if tensors is not None and "input.input" in tensors:
            return key, tensors
    return None


def _renamed(source: Mapping[str, StoredTensor]) -> tuple[dict[str, StoredTensor], int]:
    """Tensors under NVIDIA's names, and how many constants were left out."""
    tensors: dict[str, StoredTensor] = {}
    skipped = 0
    for name, stored in source.items():
        if name.endswith((".blur.kernel", ".upsample.kernel")):
            skipped += 1
            continue
        new_name = nvidia_name(name)
        if new_name is None:
            raise ModelFileError(f"has the tensor '{shown(name)}', which no generator of rosinality's has")
        tensors[new_name] = _reshaped(new_name, name, stored)
    return tensors, skipped


def nvidia_name(name: str) -> str | None:
    """rosinality's name of a generator's tensor -> NVIDIA's; None for an unknown one."""
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"style\.(\d{1,3})\.(weight|bias)", name, re.ASCII):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if match := re.fullmatch(r"noises\.noise_(\d{1,2})", name, re.ASCII):
        index = int(match[1])
        resolution, layer = 2 ** ((index + 5) // 2), "conv1" if index % 2 == 0 else "conv0"
        return f"synthesis.b{resolution}.{layer}.noise_const"
    match = re.fullmatch(rf"{_LAYER}\.(.+)", name, re.ASCII)
    layer = None if match is None else _layer(match[1])
    if match is None or layer is None:
        return None
    endings = {
        "conv.weight": "weight",
        "conv.modulation.weight": "affine.weight",
        "conv.modulation.bias": "affine.bias",
        "noise.weight": "noise_strength",
        "activate.bias": "bias",
        "bias": "bias",
    }
    ending = endings.get(match[2])
    return None if ending is None else f"synthesis.{layer}.{ending}"


def _layer(name: str) -> str | None:
    if name in ("conv1", "to_rgb1"):
        return "b4.conv1" if name == "conv1" else "b4.torgb"
    group, number = name.split(".")
    if len(number) > 2:
        return None
    index = int(number)
    if group == "to_rgbs":
        return f"b{8 * 2**index}.torgb"
    return f"b{8 * 2 ** (index // 2)}.conv{index % 2}"


def _reshaped(new_name: str, name: str, stored: StoredTensor) -> StoredTensor:
    shape = stored.shape
    if new_name.endswith("noise_strength") and math.prod(shape) == 1:
        return scalar(stored)
    if name.endswith("conv.weight") and len(shape) == 5 and shape[0] == 1:
        return DerivedTensor(stored, shape[1:], lambda t: t[0])  # (1, out, in, k, k)
    if new_name.endswith("const") and len(shape) == 4 and shape[0] == 1:
        inner = shape[2:] if new_name.endswith("noise_const") else shape[1:]
        return DerivedTensor(stored, inner, lambda t: t.reshape(inner))
    if new_name.endswith("torgb.bias") and shape == (1, 3, 1, 1):
        return DerivedTensor(stored, (3,), lambda t: t.reshape(3))
    return stored


def _averaged(mapping: Mapping[str, StoredTensor]) -> StoredTensor:
    """w_avg as those files' own programs make it: the mean of many styles, here of fixed seeds."""
    last = max((n for n in mapping if n.startswith("mapping.fc") and n.endswith("bias")), key=_fc_number)

    def average() -> Tensor:
        layers = [
            (
                mapping[f"mapping.fc{i}.weight"].tensor().float(),
                mapping[f"mapping.fc{i}.bias"].tensor().float(),
            )
            for i in range(_fc_number(last) + 1)
        ]
        source = np.random.RandomState(0)
        total = torch.zeros(layers[-1][0].shape[0], dtype=torch.float64)
        for _ in range(AVERAGED_STYLE_COUNT // AVERAGED_AT_ONCE):
            z = source.randn(AVERAGED_AT_ONCE, layers[0][0].shape[1])
            x = normalise_second_moment(torch.from_numpy(z).float())  # pyright: ignore[reportUnknownMemberType]
            for weight, bias in layers:
                scale = MAPPING_LR_MULTIPLIER / math.sqrt(weight.shape[1])
                x = F.linear(x, weight * scale, bias * MAPPING_LR_MULTIPLIER)
                x = F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN
            total += x.double().sum(dim=0)
        return (total / AVERAGED_STYLE_COUNT).float()

    return MadeTensor(mapping[last].shape, average)


def _fc_number(name: str) -> int:
    return int(name.removeprefix("mapping.fc").split(".")[0])
