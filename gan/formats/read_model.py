"""`read_model`: the one way into a file of any format. The kind is found by content: container first,
then layout."""

from __future__ import annotations

from pathlib import Path

from gan.errors import ModelFileError
from gan.formats.contents import ModelContents
from gan.formats.limits import ReadBudget, ReadLimits
from gan.formats.mapped_file import map_file
from gan.formats.nvidia_pickle import is_nvidia, read_nvidia
from gan.formats.plain_pickle import read_plain_pickle
from gan.formats.rosinality_torch import is_rosinality, read_rosinality
from gan.formats.safetensors_file import read_safetensors
from gan.formats.sniff import Container, other_kind, sniff
from gan.formats.state_dict import is_nvidia_state_dict, read_nvidia_state_dict
from gan.formats.tensorflow_pickle import is_tensorflow, read_tensorflow
from gan.formats.torch_archive import read_torch_archive
from gan.formats.torch_legacy import read_torch_legacy

KNOWN = "LiveDrag reads safetensors, NVIDIA's and TensorFlow-era .pkl, rosinality's .pt and torch state dicts"


def read_model(path: Path, limits: ReadLimits | None = None) -> ModelContents:
    """What is in the file; nothing of it is run. Raises ModelFileError: missing, damaged, refused, no
    generator."""
    data = map_file(path)
    try:
        return read_bytes(data, limits)
    except ModelFileError as error:
        raise ModelFileError(f"{path.name} {error}") from error


def read_bytes(data: memoryview[int], limits: ReadLimits | None = None) -> ModelContents:
    """The same of bytes; messages lack the file's name."""
    budget = ReadBudget(limits or ReadLimits(), len(data))
    container = sniff(data)
    if container is None:
        kind = other_kind(data)
        raise ModelFileError(f"is {kind}" if kind else f"is not a generator file; {KNOWN}")
    if container == "safetensors":
        return read_safetensors(data, budget)
    return _by_layout(_read_container(container, data, budget), container, budget, len(data))


def _read_container(container: Container, data: memoryview[int], budget: ReadBudget) -> object:
    if container == "torch archive":
        return read_torch_archive(data, budget)
    if container == "torch legacy":
        return read_torch_legacy(data, budget)
    return read_plain_pickle(data, budget)


def _by_layout(root: object, container: str, budget: ReadBudget, file_bytes: int) -> ModelContents:
    if is_nvidia(root):
        return read_nvidia(root, container, budget, file_bytes)
    if is_tensorflow(root):
        return read_tensorflow(root, container, budget, file_bytes)
    if is_rosinality(root, budget):
        return read_rosinality(root, container, budget, file_bytes)
    if is_nvidia_state_dict(root, budget):
        return read_nvidia_state_dict(root, container, budget, file_bytes)
    raise ModelFileError(f"is a {container} file without a generator that is known; {KNOWN}")
