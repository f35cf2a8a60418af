"""Plain dictionaries of tensors: state dicts under NVIDIA's names, bare or inside a training file."""

from __future__ import annotations

from typing import cast

from gan.errors import ModelFileError
from gan.formats.contents import ModelContents
from gan.formats.limits import ReadBudget, shown
from gan.formats.numpy_records import ArrayRecord
from gan.formats.nvidia_names import contents_of
from gan.formats.tensor_records import StoredTensor, StridedTensor

GENERATOR_KEYS = ("G_ema", "g_ema", "G", "generator", "state_dict")


def stored_tensors(value: object, budget: ReadBudget) -> dict[str, StoredTensor] | None:
    """The tensors of a dictionary whose values are all tensors; None for anything else."""
    if not isinstance(value, dict):
        return None
    entries = cast(dict[object, object], value)
    if not entries or len(entries) > budget.limits.tensor_count:
        return None
    if not all(isinstance(key, str) for key in entries):
        return None
    if not all(isinstance(entry, StridedTensor | ArrayRecord) for entry in entries.values()):
        return None
    return cast(dict[str, StoredTensor], entries)


def is_nvidia_state_dict(root: object, budget: ReadBudget) -> bool:
    """Whether there is a dictionary with NVIDIA's names."""
    return _find(root, budget) is not None


def read_nvidia_state_dict(
    root: object, container: str, budget: ReadBudget, file_bytes: int
) -> ModelContents:
    """Its contents. conv_clamp is not in such a dictionary: none is assumed, and it is said so."""
    found = _find(root, budget)
    if found is None:
        raise ModelFileError("has no generator's state dict")
    key, tensors = found
    others = [f"'{shown(str(k))}'" for k in cast(dict[object, object], root) if k != key] if key else []
    return contents_of(
        f"NVIDIA state dict in a {container}",
        dict(tensors),
        hints={"conv_clamp": "not in the file; none is assumed"},
        ignored=others,
        file_bytes=file_bytes,
    )


def _find(root: object, budget: ReadBudget) -> tuple[str, dict[str, StoredTensor]] | None:
    candidates: list[tuple[str, object]] = [("", root)]
    if isinstance(root, dict):
        entries = cast(dict[str, object], root)
        candidates += [(key, entries[key]) for key in GENERATOR_KEYS if key in entries]
    for key, candidate in candidates:
        tensors = stored_tensors(candidate, budget)
        if tensors is not None and any(n.startswith(("synthesis.b4.", "synthesis.input.")) for n in tensors):
            return key, tensors
    return None
