"""A bare pickle, as NVIDIA's programs write their networks: storages are torch files within it."""

from __future__ import annotations

from gan.formats.byte_reader import ByteReader
from gan.formats.limits import ReadBudget
from gan.formats.pickle_opcodes import run_pickle
from gan.formats.torch_archive import read_torch_archive
from gan.formats.torch_legacy import read_torch_legacy


def read_plain_pickle(data: memoryview[int], budget: ReadBudget) -> object:
    """The value of the file's first pickle; what comes after it is not looked at. Raises ModelFileError."""
    return run_pickle(ByteReader(data), budget, read_nested_storage)


def read_nested_storage(data: memoryview[int] | bytes, budget: ReadBudget) -> object:
    """What `torch.storage._load_from_bytes` got: a storage in torch's older or present file."""
    if bytes(data[:4]) == b"PK\x03\x04":
        return read_torch_archive(data, budget)
    return read_torch_legacy(data, budget)
