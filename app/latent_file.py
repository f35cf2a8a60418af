"""Latents as files: w_plus as .safetensors or .npy out, and every format of `gan.formats.latent_file` in."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import msgspec
import numpy as np
from safetensors.torch import save
from torch import Tensor

from app.errors import OutputError
from app.exported_edit import ExportedEdit
from app.provenance import DIGITAL_SOURCE_TYPE
from app.session.edits import StartFromLatent, StartFromSeed, start_from_latent
from gan.formats.latent_file import read_latent
from gan.generator import Generator

SUFFIXES = (".safetensors", ".npy")


def save_latent(path: Path, edit: ExportedEdit) -> None:
    """w_plus (num_ws, w_dim) as float32 in the format of the suffix; safetensors says where it comes from.

    Raises OutputError: unknown suffix, or it cannot be written (then a file that was there stays).
    """
    latent = edit.session.w_plus.detach().float().cpu().contiguous()  # sync: written to a file
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        data = save({"w_plus": latent}, _about(edit))
    elif suffix == ".npy":
        data = _npy_of(latent)
    else:
        raise OutputError(
            f"'{path}' ends in '{path.suffix}', which is no latent that can be written; "
            "give a name that ends in .safetensors or .npy"
        )
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}; choose another folder") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def start_from_file(path: Path, generator: Generator) -> StartFromLatent:
    """The edit that starts from the latent in a file. Raises EditError."""
    return start_from_latent(read_latent(path, generator.num_ws, generator.architecture.w_dim))


def _npy_of(latent: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, latent.numpy(), allow_pickle=False)
    return buffer.getvalue()


def _about(edit: ExportedEdit) -> dict[str, str]:
    provenance = edit.generator.provenance
    about: dict[str, object] = {
        "format": "livedrag-latent",
        "generator": provenance.name,
        "generator_sha256": provenance.sha256,
        "digital_source_type": DIGITAL_SOURCE_TYPE,
    }
    if isinstance(edit.origin, StartFromSeed):
        about |= {"seed": edit.origin.seed, "truncation_psi": edit.origin.truncation_psi}
    # one entry of JSON: safetensors writes several in any order, and equal edits should leave equal files
    return {"latent": msgspec.json.encode(about).decode()}
