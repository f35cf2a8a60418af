"""torch's tensors, parameters and storages as a pickle spells them, without torch's own unpickling."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gan.errors import ModelFileError
from gan.formats.byte_reader import is_bytes
from gan.formats.limits import shown
from gan.formats.records import AllowedGlobal, CallContext, RecordMaker, items_of, size_tuple
from gan.formats.tensor_records import STORAGE_DTYPES, Storage, StridedTensor

TORCH_DTYPE_NAMES = tuple(str(dtype).removeprefix("torch.") for dtype in STORAGE_DTYPES.values())


def make_tensor(args: tuple[object, ...], context: CallContext) -> object:
    """torch's `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`."""
    if len(args) < 4 or not isinstance(args[0], Storage) or not isinstance(args[1], int):
        raise ModelFileError("holds a tensor without a storage")
    shape, stride = size_tuple(args[2], "a tensor's shape"), size_tuple(args[3], "a tensor's strides")
    return StridedTensor(args[0], args[1], shape, stride)


def make_parameter(args: tuple[object, ...], context: CallContext) -> object:
    """torch's `_rebuild_parameter(tensor, requires_grad, hooks)` -> the tensor."""
    if not args or not isinstance(args[0], StridedTensor):
        raise ModelFileError("holds a parameter that is no tensor")
    return args[0]


def make_nested_storage(args: tuple[object, ...], context: CallContext) -> object:
    """torch's `_load_from_bytes(bytes)`: a storage saved as a file of its own."""
    if len(args) != 1 or not is_bytes(args[0]):
        raise ModelFileError("holds a storage that is not given as bytes")
    context.budget.count_nested_pickle()
    storage = context.read_nested(args[0], context.budget)
    if not isinstance(storage, Storage):
        raise ModelFileError("holds a torch file inside that is no storage")
    return storage


def make_size(args: tuple[object, ...], context: CallContext) -> object:
    """`torch.Size((3, 4))` -> a tuple."""
    return size_tuple(args[0] if args else (), "a torch.Size")


PersistentStorage = Callable[[str, torch.dtype, int], Storage]


def storage_of(persistent_id: object, get: PersistentStorage) -> Storage:
    """The storage that torch's persistent id ('storage', type, key, place, count, ...) refers to.

    `get` hands over the storage of a key, given its type and count.
    """
    items = items_of(persistent_id)
    if len(items) not in (5, 6) or items[0] != "storage":
        raise ModelFileError("refers to an outside object that is no storage")
    _, type_global, key, _, count = items[:5]
    if len(items) == 6 and items[5] is not None:
        raise ModelFileError("holds storages that are views of others (torch before 0.4); save it again")
    if isinstance(type_global, AllowedGlobal) and type_global.name == "UntypedStorage":
        dtype = torch.uint8
    elif isinstance(type_global, AllowedGlobal) and type_global.name in STORAGE_DTYPES:
        dtype = STORAGE_DTYPES[type_global.name]
    else:
        raise ModelFileError("refers to a storage of no known type")
    if not isinstance(key, str) or not isinstance(count, int) or isinstance(count, bool):
        raise ModelFileError("refers to a storage without key or count")
    if not 0 <= count < 2**48:
        raise ModelFileError(f"announces a storage of {shown(count)} numbers")
    return get(key, dtype, count)


TORCH_CALLS: dict[tuple[str, str], RecordMaker] = {
    ("torch._utils", "_rebuild_tensor_v2"): make_tensor,
    ("torch._utils", "_rebuild_parameter"): make_parameter,
    ("torch.storage", "_load_from_bytes"): make_nested_storage,
    ("torch", "Size"): make_size,
}
