"""Generator files in and out: `load_generator` opens every format, `save_model_file` writes the project's own
(safetensors with the architecture and provenance as JSON in its header).

Nothing in a model file is executed; gan/formats has the readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from gan.architecture import Architecture
from gan.build import build_generator, check_tensors
from gan.devices import resolve_device
from gan.errors import ModelFileError
from gan.formats.contents import StoredProvenance
from gan.formats.read_model import read_model
from gan.formats.safetensors_file import ArchitectureHeader, ProvenanceHeader
from gan.generator import Generator, Provenance
from gan.load_progress import LoadProgress, no_progress

EMBEDDED_MODEL = Path(__file__).resolve().parent.parent / "assets" / "critters-256.safetensors"
HASHED_AT_ONCE_BYTES = 2**22


def load_generator(
    file: str | Path | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    progress: LoadProgress = no_progress,
) -> Generator:
    """The generator in `file` (any format of docs, told by content), or the embedded one for None.

    progress: called as the load goes on; raises LoadCancelled to end it.
    Raises ModelFileError (missing, damaged, refused, no StyleGAN2, wrong tensors) and DeviceError.
    """
    path = EMBEDDED_MODEL if file is None else Path(file)
    target = resolve_device(device)
    progress("reading", 0.0)
    contents = read_model(path)
    progress("checking", 0.1)
    tensors, architecture = contents.load(path.name)
    progress("checksum", 0.3)
    said = contents.provenance
    provenance = Provenance(
        name=said.name or path.stem,
        sha256=sha256_of(path, lambda share: progress("checksum", 0.3 + 0.3 * share)),
        path=None if file is None else str(path.resolve()),
        licence=said.licence,
        training_data=said.training_data,
        extra={"note": said.note} if said.note else {},
    )
    generator = build_generator(
        tensors,
        architecture,
        provenance,
        target,
        dtype,
        lambda share: progress("building", 0.6 + 0.4 * share),
    )
    progress("ready", 1.0)
    return generator


def reopen_on_cpu(generator: Generator) -> Generator:
    """The same model on the processor. Raises LiveDragError where its file is gone."""
    path = generator.provenance.path
    return load_generator(None if path is None else Path(path), "cpu")


def read_model_file(path: Path) -> tuple[dict[str, Tensor], Architecture, ProvenanceHeader]:
    """Tensors, architecture and provenance of a generator file of any format, all checked. ModelFileError."""
    contents = read_model(path)
    tensors, architecture = contents.load(path.name)
    return tensors, architecture, _header_of(contents.provenance, path)


def convert_model_file(
    source: Path, out: Path, given: Mapping[str, str] | None = None, half: bool = False
) -> tuple[Architecture, ProvenanceHeader]:
    """Writes the generator in `source` in the project's format, every number as it is, and where it comes
    from.

    given: 'name', 'licence', 'training_data', which replace what the file says. half: every number rounded to
    16 bits (float16). Raises ModelFileError, also for a number that 16 bits cannot hold.
    """
    contents = read_model(source)
    tensors, architecture = contents.load(source.name)
    header = _header_of(contents.provenance, source)
    header.source_format = header.source_format or contents.format
    header.source_sha256 = header.source_sha256 or sha256_of(source)
    header = msgspec.structs.replace(header, **dict(given or {}))
    if half:
        tensors = {name: _in_half(name, tensor, source) for name, tensor in tensors.items()}
    save_model_file(out, tensors, architecture, header)
    return architecture, header


def _in_half(name: str, tensor: Tensor, source: Path) -> Tensor:
    rounded = tensor.to(torch.float16)
    if not bool(rounded.isfinite().all()):
        limit = torch.finfo(torch.float16).max
        raise ModelFileError(
            f"{source.name}: '{name}' holds numbers up to {float(tensor.abs().max()):.3g}, and 16 bits hold"
            f" {limit:.0f} at most; convert it without --half"
        )
    return rounded


def _header_of(said: StoredProvenance, path: Path) -> ProvenanceHeader:
    values = asdict(said) | {"name": said.name or path.stem}
    return ProvenanceHeader(**values)


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
        base_height=architecture.base_height,
        base_width=architecture.base_width,
    )
    metadata = {
        "architecture": msgspec.json.encode(header).decode(),
        "provenance": msgspec.json.encode(provenance).decode(),
    }
    unfinished = path.with_name(f".{path.name}.part")  # a file that is there is whole
    try:
        unfinished.touch()  # as any new file, the umask decides who may read it
        mode = unfinished.stat().st_mode
        save_file({name: t.contiguous() for name, t in tensors.items()}, unfinished, metadata)
        unfinished.chmod(mode)  # the library's own is 0600
        unfinished.replace(path)
    except (SafetensorError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise ModelFileError(f"cannot write '{path}': {error}") from error


def sha256_of(path: Path, note: Callable[[float], None] = lambda _share: None) -> str:
    """Hexadecimal SHA-256 of the file's bytes; `note` hears which share is done, and may raise."""
    digest = hashlib.sha256()
    total, done = max(path.stat().st_size, 1), 0
    try:
        with path.open("rb") as file:
            while block := file.read(HASHED_AT_ONCE_BYTES):
                digest.update(block)
                done += len(block)
                note(done / total)
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()
