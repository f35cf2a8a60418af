"""Tensors of a file before they are made: shape, type and place, checked, and turned into tensors on
demand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gan.errors import ModelFileError
from gan.formats.limits import shown

STORAGE_DTYPES: dict[str, torch.dtype] = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_NUMPY_CODES: dict[torch.dtype, str] = {
    torch.float32: "<f4",
    torch.float64: "<f8",
    torch.float16: "<f2",
    torch.bfloat16: "<i2",  # numpy has none: its bits, renamed by torch afterwards
    torch.int64: "<i8",
    torch.int32: "<i4",
    torch.int16: "<i2",
    torch.int8: "|i1",
    torch.uint8: "|u1",
    torch.bool: "|b1",
}


class StoredTensor(Protocol):
    """A tensor that is still in the file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        ...

    def tensor(self) -> Tensor:
        """The tensor; may share the file's memory. Raises ModelFileError."""
        ...


@dataclass
class Storage:
    """Numbers of one type in the file. `data` is filled in late where the file has it after the pickle."""

    dtype: torch.dtype
    count: int
    data: memoryview[int] | bytes | None = None

    def fill(self, data: memoryview[int] | bytes) -> None:
        """Gives the storage its bytes, which must be exactly as many as it needs."""
        needed = self.count * self.dtype.itemsize
        if len(data) != needed:
            raise ModelFileError(f"holds a storage of {len(data)} bytes where {needed} are announced")
        self.data = data


@dataclass(frozen=True)
class StridedTensor:
    """A view of a storage, as torch describes it; offset and strides count numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.stride)
        if len(self.shape) != len(self.stride) or len(self.shape) > 8 or not _are_sizes(numbers):
            raise ModelFileError(f"holds a tensor of impossible shape {shown(list(self.shape))}")
        if math.prod(self.shape) == 0:
            return
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.stride, strict=True))
        if last >= self.storage.count:
            raise ModelFileError(
                f"holds a tensor of shape {shown(list(self.shape))} that reaches beyond its storage"
            )
        reach = 1  # numbers that the dimensions so far cover: the next one must step over them
        for step, size in sorted(zip(self.stride, self.shape, strict=True)):
            if size > 1:
                if step < reach:
                    raise ModelFileError(
                        f"holds a tensor of shape {shown(list(self.shape))} whose numbers share memory"
                    )
                reach = step * size

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return self.storage.dtype

    def tensor(self) -> Tensor:
        """See StoredTensor."""
        if self.storage.data is None:
            raise ModelFileError("refers to a storage whose bytes it does not hold")
        if math.prod(self.shape) == 0:
            return torch.empty(self.shape, dtype=self.dtype)
        flat = from_bytes(self.storage.data, self.dtype)
        return flat.as_strided(self.shape, self.stride, self.offset).contiguous()


@dataclass(frozen=True)
class DerivedTensor:
    """Another stored tensor, rearranged when it is needed. The change must not depend on the numbers'
    count."""

    source: StoredTensor
    shape: tuple[int, ...]
    change: Callable[[Tensor], Tensor]

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return self.source.dtype

    def tensor(self) -> Tensor:
        """See StoredTensor."""
        changed = self.change(self.source.tensor()).contiguous()
        assert changed.shape == self.shape
        return changed


@dataclass(frozen=True)
class MadeTensor:
    """A tensor that the file lacks and that is computed when it is needed."""

    shape: tuple[int, ...]
    make: Callable[[], Tensor]
    dtype: torch.dtype = torch.float32

    def tensor(self) -> Tensor:
        """See StoredTensor."""
        return self.make()


def _are_sizes(numbers: tuple[int, ...]) -> bool:
    return all(0 <= number < 2**48 for number in numbers)


def from_bytes(data: memoryview[int] | bytes, dtype: torch.dtype) -> Tensor:
    """A flat tensor on these bytes; copied only where their address does not suit the type."""
    array: np.ndarray[Any, Any] = np.frombuffer(data, dtype=_NUMPY_CODES[dtype])
    if not (array.flags.aligned and array.flags.writeable):
        array = array.copy()
    tensor = torch.from_numpy(array)  # pyright: ignore[reportUnknownMemberType]
    return tensor.view(torch.bfloat16) if dtype == torch.bfloat16 else tensor
