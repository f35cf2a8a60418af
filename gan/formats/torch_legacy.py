"""torch's older file: five pickles in a row (magic number, version, machine, object, storage keys), then
numbers.

The same layout is inside NVIDIA's pickles, once for every tensor.
"""

from __future__ import annotations

from typing import cast

import torch

from gan.errors import ModelFileError
from gan.formats.byte_reader import ByteReader
from gan.formats.limits import ReadBudget, shown
from gan.formats.pickle_machine import PersistentLoad
from gan.formats.pickle_opcodes import run_pickle
from gan.formats.tensor_records import Storage
from gan.formats.torch_records import storage_of

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
MAGIC_BYTES = MAGIC_NUMBER.to_bytes(10, "little")  # as the first pickle of such a file has it
VERSION = 1001


def read_torch_legacy(data: memoryview[int] | bytes, budget: ReadBudget) -> object:
    """The object in such a file, its storages referring to `data`. Raises ModelFileError."""
    reader = ByteReader(memoryview(data))
    storages: dict[str, Storage] = {}

    def get(key: str, dtype: torch.dtype, count: int) -> Storage:
        storage = storages.setdefault(key, Storage(dtype, count))
        if storage.dtype != dtype or storage.count != count:
            raise ModelFileError(f"announces storage '{shown(key)}' twice, differently")
        return storage

    def next_pickle(load: PersistentLoad | None = None) -> object:
        return run_pickle(reader, budget, refuse_nested, load)

    if next_pickle() != MAGIC_NUMBER:
        raise ModelFileError("is no torch file: its magic number is missing")
    version, machine = next_pickle(), next_pickle()
    if version != VERSION:
        raise ModelFileError("is a torch file of an unknown version; 1001 is what torch writes")
    if isinstance(machine, dict) and cast(dict[object, object], machine).get("little_endian") is False:
        raise ModelFileError(
            "was written on a big-endian machine; load and save it with torch on another one"
        )
    value = next_pickle(lambda key: storage_of(key, get))
    keys = next_pickle()
    if not isinstance(keys, list):
        raise ModelFileError("lists no storages; it is damaged")
    for key in cast(list[object], keys):
        if not isinstance(key, str) or key not in storages:
            raise ModelFileError("lists a storage that nothing refers to; it is damaged")
        storage = storages[key]
        if reader.integer(8) != storage.count:
            raise ModelFileError(f"has another size for storage '{shown(key)}' than it announced")
        storage.fill(reader.view(storage.count * storage.dtype.itemsize))
    return value


def refuse_nested(data: memoryview[int] | bytes, budget: ReadBudget) -> object:
    """A torch file holds its storages beside the pickle, never inside it."""
    raise ModelFileError("nests torch files in torch files, which torch never does")
