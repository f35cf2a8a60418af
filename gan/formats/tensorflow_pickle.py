"""TensorFlow-era pickles: a triple of networks, each a list of named arrays and further networks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import cast

import torch

from gan.errors import ModelFileError
from gan.formats.allowed_globals import NETWORK
from gan.formats.contents import Hint, ModelContents, hints_of
from gan.formats.limits import ReadBudget, shown
from gan.formats.numpy_records import ArrayRecord
from gan.formats.nvidia_names import contents_of, scalar
from gan.formats.records import ObjectRecord, items_of, string_dict
from gan.formats.tensor_records import DerivedTensor, MadeTensor, StoredTensor

LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb"}
Change = Callable[[StoredTensor], StoredTensor]


def is_tensorflow(root: object) -> bool:
    """Whether the value is a network of dnnlib.tflib, or a tuple or list of them."""
    return bool(_networks(root))


def read_tensorflow(root: object, container: str, budget: ReadBudget, file_bytes: int) -> ModelContents:
    """The contents of (G, D, Gs). Raises ModelFileError."""
    networks = _networks(root)
    generator = networks[2] if len(networks) == 3 else networks[0]
    walk = _Variables(budget)
    variables = walk.of(generator)
    state = generator.state
    source = state.get("build_module_src")
    ignored: list[str] = []
    if isinstance(source, str):
        ignored.append(f"program text ({source.count(chr(10)) + 1} lines), not run")
    ignored += ["the generator without averaging (first of the three)"] if len(networks) == 3 else []
    hints: dict[str, Hint] = {}
    for key in ("build_func_name", "static_kwargs", "version"):
        hints |= hints_of({key: state.get(key)})
    discriminator = walk.of(networks[1]) if len(networks) == 3 else {}
    obstacle = None
    try:
        tensors = _renamed(variables)
    except ModelFileError as error:
        tensors, obstacle = variables, str(error)
    return contents_of(
        f"TensorFlow-era {container}",
        tensors,
        obstacle=obstacle,
        discriminator=discriminator,
        hints=hints,
        ignored=ignored,
        file_bytes=file_bytes,
    )


def _networks(root: object) -> list[ObjectRecord]:
    items = items_of(root) or [root]
    if not 0 < len(items) <= 3:
        return []
    networks = [n for n in items if isinstance(n, ObjectRecord) and n.class_name == NETWORK]
    return networks if len(networks) == len(items) else []


class _Variables:
    """Collects a network's arrays by their path; within the limits, for networks may contain each other."""

    def __init__(self, budget: ReadBudget) -> None:
        self._limits = budget.limits
        self._networks = 0

    def of(self, network: ObjectRecord) -> dict[str, StoredTensor]:
        """'mapping/Dense0/weight' -> array, for the network and its components."""
        variables: dict[str, StoredTensor] = {}
        self._add(network, "", variables, 0)
        return variables

    def _add(self, network: ObjectRecord, prefix: str, into: dict[str, StoredTensor], depth: int) -> None:
        self._networks += 1
        if depth > self._limits.tree_depth or self._networks > self._limits.module_count:
            raise ModelFileError("nests too many networks in each other; it is damaged or hostile")
        listed = network.state.get("variables", [])
        if not isinstance(listed, list | tuple):
            raise ModelFileError("has a network whose variables are no list")
        for pair in cast(list[object], listed):
            items = items_of(pair)
            if len(items) != 2 or not isinstance(items[0], str):
                raise ModelFileError("has a network whose variables are no pairs of name and array")
            value = items[1]
            if isinstance(value, int | float):
                value = MadeTensor((), partial(torch.tensor, float(value)))
            if not isinstance(value, ArrayRecord | MadeTensor):
                raise ModelFileError(f"has a variable '{shown(items[0])}' that is no array")
            if len(into) >= self._limits.tensor_count:
                raise ModelFileError(f"has more than {self._limits.tensor_count} variables")
            into[prefix + shown(items[0])] = value
        components = string_dict(network.state.get("components") or {}, "a network's components")
        for name, component in components.items():
            if not isinstance(component, ObjectRecord):
                raise ModelFileError(f"has a component '{shown(name)}' that is no network")
            self._add(component, f"{prefix}{shown(name)}/", into, depth + 1)


def _renamed(variables: dict[str, StoredTensor]) -> dict[str, StoredTensor]:
    if any("StyleMod" in name or "/LayerEpilogue" in name for name in variables):
        raise ModelFileError("it is a generator of the first StyleGAN (2018), another network than StyleGAN2")
    if any("LabelConcat" in name for name in variables):
        raise ModelFileError(
            "its labels are joined to z in the way of the first StyleGAN2 program (LabelConcat)"
        )
    if any(re.search(r"/Skip/|\d+x\d+/Conv1_down", name) for name in variables):
        raise ModelFileError("its blocks are of the 'resnet' architecture; 'skip' is what can be dragged")
    tensors: dict[str, StoredTensor] = {}
    for name, stored in variables.items():
        if name == "lod" or name.endswith("/lod"):
            continue  # of progressive growing; always 0 here
        new_name, change = _place(name)
        if new_name is None:
            raise ModelFileError(f"it has the variable '{name}', which no StyleGAN2 generator has")
        tensors[new_name] = change(stored)
    return tensors


def _place(name: str) -> tuple[str | None, Change]:
    """NVIDIA's later name of a variable, and what has to be done to its numbers."""
    if name == "dlatent_avg":
        return "mapping.w_avg", _same
    if match := re.fullmatch(r"mapping/(?:Dense(\d{1,2})|LabelEmbed)/(weight|bias)", name, re.ASCII):
        layer = "embed" if match[1] is None else f"fc{match[1]}"
        return f"mapping.{layer}.{match[2]}", _transposed if match[2] == "weight" else _same
    if match := re.fullmatch(r"synthesis/noise(\d{1,2})", name, re.ASCII):
        index = int(match[1])
        layer = "conv1" if index % 2 == 0 else "conv0"
        return f"synthesis.b{2 ** ((index + 5) // 2)}.{layer}.noise_const", _without_leading_ones
    if name == "synthesis/4x4/Const/const":
        return "synthesis.b4.const", _without_leading_one
    match = re.fullmatch(r"synthesis/(\d{1,4})x\1/(Conv|Conv0_up|Conv1|ToRGB)/(\w+)", name, re.ASCII)
    if match is None:
        return None, _same
    layer = f"synthesis.b{match[1]}.{LAYERS[match[2]]}"
    kernel = _flipped_kernel if match[2] == "Conv0_up" else _kernel
    places = {
        "weight": (f"{layer}.weight", kernel),
        "bias": (f"{layer}.bias", _same),
        "mod_weight": (f"{layer}.affine.weight", _transposed),
        "mod_bias": (f"{layer}.affine.bias", _plus_one),
        "noise_strength": (f"{layer}.noise_strength", _scalar),
    }
    return places.get(match[3], (None, _same))


def _same(stored: StoredTensor) -> StoredTensor:
    return stored


def _transposed(stored: StoredTensor) -> StoredTensor:
    """Dense weights are (in, out) there."""
    rows, columns = _sizes(stored, 2)
    return DerivedTensor(stored, (columns, rows), lambda t: t.T)


def _kernel(stored: StoredTensor) -> StoredTensor:
    """Kernels are (height, width, in, out) there."""
    height, width, fan_in, out = _sizes(stored, 4)
    return DerivedTensor(stored, (out, fan_in, height, width), lambda t: t.permute(3, 2, 0, 1))


def _flipped_kernel(stored: StoredTensor) -> StoredTensor:
    """The doubling layer's kernel is turned around there."""
    turned = _kernel(stored)
    return DerivedTensor(turned, turned.shape, lambda t: t.flip(2, 3))


def _plus_one(stored: StoredTensor) -> StoredTensor:
    """Styles start at one; there the one is added in the program."""
    return DerivedTensor(stored, stored.shape, lambda t: t + 1)


def _scalar(stored: StoredTensor) -> StoredTensor:
    return scalar(stored) if math.prod(stored.shape) == 1 else stored


def _without_leading_one(stored: StoredTensor) -> StoredTensor:
    _, *inner = _sizes(stored, 4)
    return DerivedTensor(stored, tuple(inner), lambda t: t[0])


def _without_leading_ones(stored: StoredTensor) -> StoredTensor:
    _, _, height, width = _sizes(stored, 4)
    return DerivedTensor(stored, (height, width), lambda t: t[0, 0])


def _sizes(stored: StoredTensor, rank: int) -> tuple[int, ...]:
    if len(stored.shape) != rank:
        raise ModelFileError(f"it has an array of shape {list(stored.shape)} where {rank} sizes are needed")
    return stored.shape
