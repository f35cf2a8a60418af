"""Latents in files: safetensors, numpy's .npy and .npz, torch's .pt. Told by content; nothing in them is run.

A .pt is read by this program's own pickle interpreter, never by torch.load; numpy's files are read without
pickled objects.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.errors import EditError, ModelFileError
from gan.formats.limits import ReadBudget, ReadLimits, shown
from gan.formats.mapped_file import map_file
from gan.formats.numpy_records import ArrayRecord
from gan.formats.plain_pickle import read_plain_pickle
from gan.formats.records import entries_of, items_of
from gan.formats.safetensors_file import read_header
from gan.formats.sniff import other_kind, sniff
from gan.formats.tensor_records import StoredTensor, StridedTensor
from gan.formats.torch_archive import read_torch_archive
from gan.formats.torch_legacy import read_torch_legacy

# How the programs that make latents name them, best first: this one, NVIDIA's projector, e4e, PTI, DragGAN.
NAMES = ("w_plus", "w", "ws", "latent", "latents", "projected_w", "latent_code", "W", "w_pivot")
LARGEST_BYTES = 2**26  # w_plus of the largest generators have less than a thousandth
NPY_MAGIC = b"\x93NUMPY"
KNOWN = "give .safetensors, .npy, .npz or .pt with one latent"

Array = NDArray[np.float32]

# What numpy and zipfile raise for damaged files: numpy reads a header as Python text, by ast and tokenize.
_DAMAGED_NPY = (
    *(ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError),
    *(EOFError, OSError, SyntaxError, TokenError),
)
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def read_latent(path: Path, num_ws: int, w_dim: int) -> Tensor:
    """The w_plus (num_ws, w_dim), float32, in a file; a single w is taken for every layer.

    Raises EditError: missing, damaged, not finite, several latents, the wrong shape.
    """
    try:
        data = map_file(path)
    except ModelFileError as error:
        reason = str(error).replace("model file", "the latent").partition(";")[0]
        raise EditError(f"{reason}; {KNOWN}") from error
    if len(data) > LARGEST_BYTES:
        raise EditError(f"'{path}' has {len(data)} bytes, too many for a latent; {KNOWN}")
    try:
        values = _read(data)
    except (ModelFileError, _NoLatent) as error:
        raise EditError(f"the latent '{path}' {str(error).partition(';')[0]}; {KNOWN}") from error
    return _fitted(values, num_ws, w_dim, path)


class _NoLatent(Exception):  # noqa: N818 - a reason, never seen by itself
    """Why there is no latent in a file, as the end of a sentence."""


def _read(data: memoryview[int]) -> Tensor:
    start = bytes(data[:8])
    if start.startswith(NPY_MAGIC):
        return _from_numpy(_npy(bytes(data)))
    if start[:4] == b"PK\x03\x04" and _is_npz(data):
        return _from_npz(data)
    budget = ReadBudget(ReadLimits(), len(data))
    container = sniff(data)
    if container is None:
        raise _NoLatent(f"is {other_kind(data) or 'none that can be read'}")
    if container == "safetensors":
        tensors, _ = read_header(data, budget)
        return _chosen(tensors)
    if container == "torch archive":
        root = read_torch_archive(data, budget)
    elif container == "torch legacy":
        root = read_torch_legacy(data, budget)
    else:
        root = read_plain_pickle(data, budget)
    return _from_object(root)


def _from_object(root: object) -> Tensor:
    if isinstance(root, StridedTensor | ArrayRecord):
        return root.tensor()
    items = items_of(root)
    if len(items) == 1:
        return _from_object(items[0])
    entries = {
        name: entry
        for name, entry in entries_of(root).items()
        if isinstance(name, str) and isinstance(entry, StridedTensor | ArrayRecord)
    }
    if not entries:
        raise _NoLatent("holds no tensor")
    return _chosen(cast(Mapping[str, StoredTensor], entries))


def _chosen(tensors: Mapping[str, StoredTensor]) -> Tensor:
    return tensors[_name_of(list(tensors))].tensor()


def _name_of(names: list[str]) -> str:
    known = [name for name in NAMES if name in names]
    if known:
        return known[0]
    if len(names) == 1:
        return names[0]
    if not names:
        raise _NoLatent("holds no tensor")
    listed = ", ".join(f"'{shown(name)}'" for name in sorted(names)[:6])
    raise _NoLatent(f"holds {len(names)} tensors ({listed}), none of them named 'w_plus' or 'w'")


def _is_npz(data: memoryview[int]) -> bool:
    name_bytes = int.from_bytes(data[26:28], "little")
    return bytes(data[30 : 30 + name_bytes]).endswith(b".npy")


def _from_npz(data: memoryview[int]) -> Tensor:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            info = infos[_name_of(list(infos))]
            if info.file_size > LARGEST_BYTES:  # it may be compressed
                raise _NoLatent(f"unfolds to {info.file_size} bytes")
            with archive.open(info) as entry:
                return _from_numpy(_npy(entry.read(LARGEST_BYTES + 1)))
    except (*_DAMAGED_ZIP, *_DAMAGED_NPY) as error:
        raise _NoLatent(f"is a damaged .npz ({shown(str(error))})") from error


def _npy(data: bytes) -> NDArray[Any]:
    try:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except _DAMAGED_NPY as error:
        raise _NoLatent(f"is a damaged .npy ({shown(str(error))})") from error


def _from_numpy(array: NDArray[Any]) -> Tensor:
    if array.dtype.kind not in "fiu":
        raise _NoLatent(f"holds values of type {array.dtype}, which are no numbers")
    plain: Array = np.array(array, np.float32)
    return torch.from_numpy(plain)  # pyright: ignore[reportUnknownMemberType]


def _fitted(values: Tensor, num_ws: int, w_dim: int, path: Path) -> Tensor:
    given = "x".join(str(size) for size in values.shape) or "a single number"
    flat = values
    while flat.dim() > 1 and flat.shape[0] == 1:
        flat = flat[0]
    if flat.dim() == 1:
        flat = flat[None].expand(num_ws, -1)
    if flat.dim() == 3 and tuple(flat.shape[1:]) == (num_ws, w_dim):
        raise EditError(f"the latent '{path}' holds {flat.shape[0]} latents ({given}); give a file with one")
    if tuple(flat.shape) != (num_ws, w_dim):
        raise EditError(
            f"the latent '{path}' is {given}; this generator needs {num_ws}x{w_dim}, or {w_dim} for one w"
        )
    if not flat.dtype.is_floating_point and flat.dtype not in (torch.int64, torch.int32):
        raise EditError(f"the latent '{path}' holds {flat.dtype}, not numbers with a fraction; {KNOWN}")
    result = flat.to(torch.float32).contiguous().clone()
    if not bool(result.isfinite().all()):  # sync: on the host already
        raise EditError(f"the latent '{path}' holds values that are not finite (NaN or infinity)")
    return result
