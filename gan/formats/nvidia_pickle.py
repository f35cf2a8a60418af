"""NVIDIA's files (stylegan2-ada-pytorch and stylegan3): networks as records of modules, walked for
their tensors."""

from __future__ import annotations

import re

from gan.errors import ModelFileError
from gan.formats.contents import Hint, ModelContents, hints_of, without_program_text
from gan.formats.limits import ReadBudget, shown
from gan.formats.numpy_records import ArrayRecord
from gan.formats.nvidia_names import contents_of
from gan.formats.records import PersistentModule, entries_of, string_dict
from gan.formats.tensor_records import StoredTensor, StridedTensor

GENERATOR_KEYS = ("G_ema", "Gs", "G")  # in the order of preference
DEFAULT_IN_SOURCE = re.compile(
    r"^class\s+SynthesisBlock\b.*?\bconv_clamp\s*=\s*(None|\d+(?:\.\d*)?)", re.M | re.S
)
SOURCE_SEARCHED = 2**18  # characters


def is_nvidia(root: object) -> bool:
    """Whether the pickled value is a persistent network, or a dictionary with one."""
    return _generator(root) is not None


def read_nvidia(root: object, container: str, budget: ReadBudget, file_bytes: int) -> ModelContents:
    """The contents of the dictionary G, D, G_ema, ..., or of a network alone. Raises ModelFileError."""
    found = _generator(root)
    assert found is not None
    key, module = found
    entries = entries_of(root)
    walk = _ModuleWalk(budget)
    tensors = walk.tensors_of(module)
    discriminator: dict[str, StoredTensor] = {}
    found_d = entries.get("D")
    if isinstance(found_d, PersistentModule):
        discriminator = walk.tensors_of(found_d)
    hints: dict[str, Hint] = {"class": shown(module.class_name), **_init_hints(module)}
    hints |= {"training_set": t} if (t := hints_of(entries.get("training_set_kwargs"))) else {}
    ignored = [without_program_text(module)]
    for name, entry in entries.items():
        if name not in (key, "D", "training_set_kwargs") and entry is not None:
            ignored.append(f"'{shown(str(name))}'")
    obstacle, clamp = None, None
    if module.class_name not in ("Generator", "GeneratorNetwork") and "synthesis.b4.const" not in tensors:
        obstacle = f"its class is '{shown(module.class_name)}', which is no StyleGAN2 generator that is known"
    else:
        try:
            clamp = walk.conv_clamp(module)
        except ModelFileError as error:
            obstacle = str(error)
    return contents_of(
        f"NVIDIA {container}",
        tensors,
        obstacle=obstacle,
        conv_clamp=clamp,
        discriminator=discriminator,
        hints=hints,
        ignored=ignored,
        file_bytes=file_bytes,
    )


def _generator(root: object) -> tuple[str, PersistentModule] | None:
    if isinstance(root, PersistentModule):
        return "", root
    for key in GENERATOR_KEYS:
        module = entries_of(root).get(key)
        if isinstance(module, PersistentModule):
            return key, module
    return None


class _ModuleWalk:
    """Walks trees of modules, each once, within the limits; a tree may be a knot in a hostile file."""

    def __init__(self, budget: ReadBudget) -> None:
        self._limits = budget.limits
        self._modules = 0
        self._tensors = 0
        self._clamps: set[float | None] = set()
        self._clamps_of: dict[int, set[float | None]] = {}

    def tensors_of(self, module: PersistentModule) -> dict[str, StoredTensor]:
        """Parameters and buffers by dotted name."""
        self._clamps = self._clamps_of.setdefault(id(module), set())
        tensors: dict[str, StoredTensor] = {}
        self._add(module, "", tensors, 0)
        return tensors

    def conv_clamp(self, module: PersistentModule) -> float | None:
        """The clamp of the synthesis layers: as they have it, else as they were asked to have it, else the
        default that the file's own source text names (it differs between the two code bases)."""
        clamps = self._clamps_of.get(id(module), set())
        if len(clamps) > 1:
            raise ModelFileError("its layers are clamped differently; one clamp for all is supported")
        if clamps:
            return next(iter(clamps))
        asked = string_dict(module.state.get("_init_kwargs") or {}, "'_init_kwargs'")
        for options in (asked.get("synthesis_kwargs"), asked):
            if "conv_clamp" in entries_of(options):
                return _clamp(entries_of(options)["conv_clamp"])
        synthesis = _modules_of(module).get("synthesis")
        for candidate in (module, synthesis):
            source = candidate.source if isinstance(candidate, PersistentModule) else ""
            match = DEFAULT_IN_SOURCE.search(source[:SOURCE_SEARCHED])
            if match is not None:
                return None if match[1] == "None" else float(match[1])
        return None

    def _add(self, module: PersistentModule, prefix: str, into: dict[str, StoredTensor], depth: int) -> None:
        self._modules += 1
        if depth > self._limits.tree_depth or self._modules > self._limits.module_count:
            limits = f"{self._limits.tree_depth} deep, {self._limits.module_count} in all"
            raise ModelFileError(f"nests too many modules in each other; allowed are {limits}")
        if "conv_clamp" in module.state and re.search(r"\.(conv[01]|torgb)\.$", f".{prefix}"):
            self._clamps.add(_clamp(module.state["conv_clamp"]))
        for group in ("_parameters", "_buffers"):
            for name, value in string_dict(module.state.get(group) or {}, f"'{group}'").items():
                if value is None:
                    continue
                if not isinstance(value, StridedTensor | ArrayRecord):
                    raise ModelFileError(f"has something else than a tensor in '{shown(prefix + name)}'")
                self._tensors += 1
                if self._tensors > self._limits.tensor_count:
                    raise ModelFileError(f"has more than {self._limits.tensor_count} tensors")
                into[prefix + name] = value
        for name, child in _modules_of(module).items():
            if len(name) > 64:
                raise ModelFileError(f"has a module with a name of {len(name)} characters")
            if isinstance(child, PersistentModule):
                self._add(child, f"{prefix}{name}.", into, depth + 1)
            elif child is not None:
                raise ModelFileError(f"has something else than a module in '{shown(prefix + name)}'")


def _modules_of(module: PersistentModule) -> dict[str, object]:
    return string_dict(module.state.get("_modules") or {}, "'_modules'")


def _clamp(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise ModelFileError("its layers have a conv_clamp that is no positive number")
    return float(value)


def _init_hints(module: PersistentModule) -> dict[str, Hint]:
    hints: dict[str, Hint] = {}
    for key in ("_init_args", "_init_kwargs"):
        hints |= {
            name.removeprefix("_"): hint for name, hint in hints_of({key: module.state.get(key)}).items()
        }
    return hints
