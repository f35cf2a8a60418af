"""The project's own format: a JSON header of names, shapes and places, then the numbers; mapped, never
copied.

The header is read here, not by the safetensors library, so that its limits and messages are this program's.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
import torch

from gan.architecture import Architecture
from gan.errors import ModelFileError
from gan.formats.contents import ModelContents, StoredProvenance
from gan.formats.limits import ReadBudget, shown
from gan.formats.nvidia_names import contents_of
from gan.formats.tensor_records import Storage, StoredTensor, StridedTensor

HEADER_LIMIT_BYTES = 2**24
DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_Count = Annotated[int, msgspec.Meta(ge=1, le=65536)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**48)]


class TensorEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One tensor of the header; offsets count bytes from the header's end."""

    dtype: str
    shape: Annotated[list[_Size], msgspec.Meta(max_length=8)]
    data_offsets: tuple[_Size, _Size]


class ArchitectureHeader(msgspec.Struct, omit_defaults=True):
    """The header's `architecture` entry. Widths: `channels` by resolution, or base and maximum. base_height,
    base_width: sizes of the learnt constant, 4 and 4 unless the pictures are not square."""

    architecture: str
    resolution: _Count
    z_dim: _Count
    w_dim: _Count
    mapping_layers: Annotated[int, msgspec.Meta(ge=1, le=64)]
    c_dim: Annotated[int, msgspec.Meta(ge=0, le=65536)] = 0
    img_channels: int = 3
    channels: dict[int, _Count] | None = None
    channel_base: _Count | None = None
    channel_max: _Count | None = None
    conv_clamp: Annotated[float, msgspec.Meta(gt=0)] | None = None
    base_height: _Count = 4
    base_width: _Count = 4


class ProvenanceHeader(msgspec.Struct, omit_defaults=True):
    """The header's `provenance` entry. source_*: the file that this one was converted from."""

    name: str
    licence: str | None = None
    training_data: str | None = None
    note: str | None = None
    source_format: str | None = None
    source_sha256: str | None = None


# made here, not at first use: msgspec evaluates the annotations above then
_HEADER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_METADATA = msgspec.json.Decoder(dict[str, str])
_ENTRY = msgspec.json.Decoder(TensorEntry)
_ARCHITECTURE = msgspec.json.Decoder(ArchitectureHeader, strict=False)
_PROVENANCE = msgspec.json.Decoder(dict[str, str | None])


def read_safetensors(data: memoryview[int], budget: ReadBudget) -> ModelContents:
    """The file's contents. Raises ModelFileError where it is damaged or has no LiveDrag header; a generator
    of another kind than StyleGAN2 is an obstacle, not an error."""
    tensors, metadata = read_header(data, budget)
    if "architecture" not in metadata:
        return _without_architecture(tensors, len(data))
    try:
        header = _ARCHITECTURE.decode(metadata["architecture"])
        provenance = _PROVENANCE.decode(metadata.get("provenance", "{}"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ModelFileError(
            f"has a header that does not describe a generator: {shown(str(error))}"
        ) from error
    architecture, obstacle = None, None
    try:
        architecture = architecture_of(header)
    except ModelFileError as error:
        obstacle = str(error)
    known: dict[str, Any] = {name: provenance.get(name) for name in ProvenanceHeader.__struct_fields__}
    return ModelContents(
        "LiveDrag safetensors",
        tensors,
        architecture,
        obstacle,
        provenance=StoredProvenance(**known),
        ignored=tuple(
            f"header entry '{shown(k)}'" for k in metadata if k not in ("architecture", "provenance")
        ),
    )


def read_header(data: memoryview[int], budget: ReadBudget) -> tuple[dict[str, StoredTensor], dict[str, str]]:
    """Tensors and metadata of any safetensors file. Raises ModelFileError where anything in it is not exact:
    unknown types, sizes that do not fit, gaps or overlaps."""
    length = int.from_bytes(data[:8], "little") if len(data) >= 8 else len(data)
    if length > min(len(data) - 8, HEADER_LIMIT_BYTES) or length < 2:
        raise ModelFileError("is not a readable safetensors file; it may be truncated or another format")
    try:
        raw = _HEADER.decode(data[8 : 8 + length])
        metadata = _METADATA.decode(raw.pop("__metadata__", b"{}"))
        if len(raw) > budget.limits.tensor_count:
            raise ModelFileError(f"has more than {budget.limits.tensor_count} tensors")
        entries = {name: _ENTRY.decode(text) for name, text in raw.items()}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ModelFileError(
            f"is not a readable safetensors file ({shown(str(error))}); it may be truncated or another format"
        ) from error
    numbers = data[8 + length :]
    tensors: dict[str, StoredTensor] = {}
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        begin, after = entry.data_offsets
        dtype = DTYPES.get(entry.dtype)
        if dtype is None:
            raise ModelFileError(
                f"has the tensor '{shown(name)}' of type {shown(entry.dtype)}, which is unknown"
            )
        count = math.prod(entry.shape)
        if begin != end or after - begin != count * dtype.itemsize or after > len(numbers):
            raise ModelFileError(
                f"is not a readable safetensors file (the place of '{shown(name)}' is wrong);"
                " it may be truncated or another format"
            )
        end = after
        strides = [math.prod(entry.shape[i + 1 :]) for i in range(len(entry.shape))]
        storage = Storage(dtype, count, numbers[begin:after])
        tensors[name] = StridedTensor(storage, 0, tuple(entry.shape), tuple(strides))
    if end != len(numbers):
        raise ModelFileError("is not a readable safetensors file (bytes are left over); it is damaged")
    return tensors, metadata


def architecture_of(header: ArchitectureHeader) -> Architecture:
    """The architecture that a header describes. Raises ModelFileError."""
    if header.architecture != "stylegan2":
        raise ModelFileError(
            f"it holds a '{shown(header.architecture)}' generator; 'stylegan2' is what can be dragged"
        )
    if header.img_channels != 3:
        raise ModelFileError(f"it makes pictures of {header.img_channels} channels; needed are 3")
    channels = header.channels
    if channels is None:
        if header.channel_base is None or header.channel_max is None:
            raise ModelFileError("its header gives neither 'channels' nor base and maximum")
        channels = Architecture.channel_table(header.resolution, header.channel_base, header.channel_max)
    return Architecture(
        resolution=header.resolution,
        z_dim=header.z_dim,
        w_dim=header.w_dim,
        c_dim=header.c_dim,
        mapping_layer_count=header.mapping_layers,
        channels=channels,
        conv_clamp=header.conv_clamp,
        base_height=header.base_height,
        base_width=header.base_width,
    )


def _without_architecture(tensors: dict[str, StoredTensor], file_bytes: int) -> ModelContents:
    """A file of another program: fine where its tensors have NVIDIA's names."""
    if "synthesis.b4.const" not in tensors and not any(n.startswith("synthesis.input.") for n in tensors):
        raise ModelFileError(
            "has no 'architecture' entry in its header and no StyleGAN2 tensors; it is not a generator file"
        )
    return contents_of(
        "safetensors with NVIDIA's names",
        tensors,
        hints={"conv_clamp": "not in the file; none is assumed"},
        file_bytes=file_bytes,
    )
