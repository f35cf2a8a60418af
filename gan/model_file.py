"""The project's own model file: safetensors with the architecture and provenance as JSON in its header.

Nothing in a model file is executed. `load_generator` is the one way in; None is the embedded generator.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from gan.architecture import Architecture
from gan.build import build_generator, check_tensors
from gan.devices import resolve_device
from gan.errors import ModelFileError
from gan.generator import Generator, Provenance

EMBEDDED_MODEL = Path(__file__).resolve().parent.parent / "assets" / "critters-64.safetensors"

_Count = Annotated[int, msgspec.Meta(ge=1, le=65536)]


class ArchitectureHeader(msgspec.Struct, omit_defaults=True):
    """The header's `architecture` entry. Widths: `channels` by resolution, or base and maximum."""

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


class ProvenanceHeader(msgspec.Struct, omit_defaults=True):
    """The header's `provenance` entry."""

    name: str
    licence: str | None = None
    training_data: str | None = None
    note: str | None = None


def load_generator(
    file: str | Path | None = None, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> Generator:
    """The generator in `file`, or the embedded one for None, on `device` in `dtype`.

    Raises ModelFileError (missing, damaged, not a generator, wrong tensors) and DeviceError.
    """
    path = EMBEDDED_MODEL if file is None else Path(file)
    target = resolve_device(device)
    tensors, architecture, header = read_model_file(path)
    provenance = Provenance(
        name=header.name,
        sha256=sha256_of(path),
        path=None if file is None else str(path.resolve()),
        licence=header.licence,
        training_data=header.training_data,
        extra={"note": header.note} if header.note else {},
    )
    return build_generator(tensors, architecture, provenance, target, dtype)


def read_model_file(path: Path) -> tuple[dict[str, Tensor], Architecture, ProvenanceHeader]:
    """Tensors, architecture and provenance of a safetensors file, all checked. Raises ModelFileError."""
    origin = path.name
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ModelFileError(f"model file '{path}' {what}; give a .safetensors generator file")
    try:
        opened: Any = safe_open(path, framework="pt")  # safetensors ships no types for its file object
        with opened as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            f"{origin} is not a readable safetensors file ({error}); it may be truncated or another format"
        ) from error
    if "architecture" not in metadata:
        raise ModelFileError(
            f"{origin} has no 'architecture' entry in its header; it is not a LiveDrag generator file"
        )
    try:
        header = msgspec.json.decode(metadata["architecture"], type=ArchitectureHeader, strict=False)
        provenance = msgspec.json.decode(metadata.get("provenance", "{}"), type=dict[str, str | None])
    except msgspec.MsgspecError as error:
        raise ModelFileError(f"{origin}: the header does not describe a generator: {error}") from error
    architecture = _architecture_of(header, origin)
    check_tensors(tensors, architecture, origin)
    return (
        tensors,
        architecture,
        ProvenanceHeader(
            name=provenance.get("name") or path.stem,
            licence=provenance.get("licence"),
            training_data=provenance.get("training_data"),
            note=provenance.get("note"),
        ),
    )


def save_model_file(
    path: Path, tensors: dict[str, Tensor], architecture: Architecture, provenance: ProvenanceHeader
) -> None:
    """Writes a generator in the project's format. Raises ModelFileError where the folder is not writable."""
    check_tensors(tensors, architecture, path.name)
    header = ArchitectureHeader(
        architecture="stylegan2",
        resolution=architecture.resolution,
        z_dim=architecture.z_dim,
        w_dim=architecture.w_dim,
        c_dim=architecture.c_dim,
        mapping_layers=architecture.mapping_layer_count,
        img_channels=architecture.img_channels,
        channels=architecture.channels,
        conv_clamp=architecture.conv_clamp,
    )
    metadata = {
        "architecture": msgspec.json.encode(header).decode(),
        "provenance": msgspec.json.encode(provenance).decode(),
    }
    try:
        save_file({name: t.contiguous() for name, t in tensors.items()}, path, metadata)
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"cannot write '{path}': {error}") from error


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _architecture_of(header: ArchitectureHeader, origin: str) -> Architecture:
    if header.architecture != "stylegan2":
        raise ModelFileError(
            f"{origin} holds a '{header.architecture}' generator; 'stylegan2' is what can be dragged"
        )
    if header.img_channels != 3:
        raise ModelFileError(f"{origin} makes pictures of {header.img_channels} channels; needed are 3")
    channels = header.channels
    if channels is None:
        if header.channel_base is None or header.channel_max is None:
            raise ModelFileError(f"{origin}: the header gives neither 'channels' nor base and maximum")
        channels = Architecture.channel_table(header.resolution, header.channel_base, header.channel_max)
    try:
        return Architecture(
            resolution=header.resolution,
            z_dim=header.z_dim,
            w_dim=header.w_dim,
            c_dim=header.c_dim,
            mapping_layer_count=header.mapping_layers,
            channels=channels,
            conv_clamp=header.conv_clamp,
        )
    except ModelFileError as error:
        raise ModelFileError(f"{origin}: {error}") from error
