"""numpy's arrays, types and scalars as a pickle spells them, without numpy's own unpickling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan.errors import ModelFileError
from gan.formats.byte_reader import is_bytes
from gan.formats.limits import shown
from gan.formats.records import AllowedGlobal, CallContext, items_of, size_tuple
from gan.formats.tensor_records import from_bytes

_DTYPES: dict[str, torch.dtype] = {
    "f2": torch.float16,
    "f4": torch.float32,
    "f8": torch.float64,
    "i1": torch.int8,
    "i2": torch.int16,
    "i4": torch.int32,
    "i8": torch.int64,
    "u1": torch.uint8,
    "b1": torch.bool,
}


@dataclass
class DtypeRecord:
    """numpy.dtype('f4'): a code; `build` checks its byte order."""

    code: str

    def build(self, state: object) -> None:
        """(version, byte order, ...)."""
        items = items_of(state)
        order = items[1] if len(items) > 1 else None
        if order not in ("<", "|", "="):
            raise ModelFileError("holds numpy numbers that are not in the byte order '<'")

    @property
    def torch_dtype(self) -> torch.dtype:
        """The same in torch. Raises ModelFileError where torch has none (objects, text, records)."""
        if self.code not in _DTYPES:
            raise ModelFileError(f"holds a numpy array of type '{shown(self.code)}'; numbers are needed")
        return _DTYPES[self.code]


@dataclass
class ArrayRecord:
    """A numpy array; empty until `build` or `fill`."""

    shape: tuple[int, ...] = (0,)
    type_record: DtypeRecord | None = None
    data: memoryview[int] | bytes = b""
    column_major: bool = False

    def build(self, state: object) -> None:
        """(version, shape, dtype, whether in Fortran's order, bytes), as numpy pickles an array."""
        items = items_of(state)
        if len(items) != 5:
            raise ModelFileError("holds a numpy array whose state is not one of numpy's")
        self.fill(items[1], items[2], items[4], items[3] is True)

    def fill(self, shape: object, type_record: object, data: object, column_major: bool) -> None:
        """Takes the array over and checks that its bytes are as many as its shape needs."""
        if not isinstance(type_record, DtypeRecord) or not is_bytes(data):
            raise ModelFileError("holds a numpy array without type or bytes (an array of objects?)")
        self.shape, self.type_record = size_tuple(shape, "a numpy array's shape"), type_record
        needed = math.prod(self.shape) * type_record.torch_dtype.itemsize
        if min(self.shape, default=0) < 0 or needed != len(data):
            raise ModelFileError(
                f"holds a numpy array of shape {shown(list(self.shape))} in {len(data)} bytes, not {needed}"
            )
        self.data, self.column_major = data, column_major

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return torch.uint8 if self.type_record is None else self.type_record.torch_dtype

    def tensor(self) -> Tensor:
        """See StoredTensor."""
        flat = from_bytes(self.data, self.dtype) if len(self.data) else torch.empty(0, dtype=self.dtype)
        if self.column_major and len(self.shape) > 1:
            axes = tuple(reversed(range(len(self.shape))))
            return flat.reshape(self.shape[::-1]).permute(axes).contiguous()
        return flat.reshape(self.shape)


def make_array(args: tuple[object, ...], context: CallContext) -> object:
    """numpy's `_reconstruct(ndarray, (0,), b'b')`."""
    if not args or not isinstance(args[0], AllowedGlobal) or args[0].name != "ndarray":
        raise ModelFileError("reconstructs a numpy object that is not an array")
    return ArrayRecord()


def make_array_from_buffer(args: tuple[object, ...], context: CallContext) -> object:
    """numpy's `_frombuffer(bytes, dtype, shape, order)`, as protocol 5 spells an array."""
    if len(args) != 4:
        raise ModelFileError("holds a numpy array from a buffer without shape or order")
    array = ArrayRecord()
    array.fill(args[2], args[1], args[0], args[3] == "F")
    return array


def make_dtype(args: tuple[object, ...], context: CallContext) -> object:
    """numpy's `dtype('f4', False, True)`."""
    if not args or not isinstance(args[0], str):
        raise ModelFileError("holds a numpy type without a name")
    return DtypeRecord(args[0])


def make_scalar(args: tuple[object, ...], context: CallContext) -> object:
    """numpy's `scalar(dtype, bytes)` -> a Python number."""
    if len(args) != 2 or not isinstance(args[0], DtypeRecord) or not isinstance(args[1], bytes):
        raise ModelFileError("holds a numpy scalar without type or bytes")
    if len(args[1]) != args[0].torch_dtype.itemsize:
        raise ModelFileError("holds a numpy scalar of the wrong size")
    return np.frombuffer(args[1], dtype=f"<{args[0].code}")[0].item()
