"""The folder that an edit leaves: pictures, latent, session. Checked before any work, written at the end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
from safetensors.torch import save

from app.errors import OutputError
from app.export import PictureProvenance, before_after_sheet, save_png
from app.session.document import save_document
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed

VIDEO_STEM = "edit"


def check_folder(folder: Path) -> None:
    """Raises OutputError where `folder` cannot be made or written in; creates nothing."""
    existing = folder.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"cannot write to '{folder}': '{existing}' is not a folder; choose another one")
    try:
        # asking for permissions is not enough: root has all of them, also on a read-only disk
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise OutputError(f"cannot write to '{folder}': {error.strerror}; choose another folder") from error


def make_folder(folder: Path) -> None:
    """Creates the folder and its parents. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create '{folder}': {error.strerror}; choose another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write to '{folder}': permission denied; choose another folder")


def write_edit(folder: Path, session: EditSession, mark: bool) -> dict[str, Path]:
    """Writes before.png, after.png, before-after.png, latent.safetensors and session.json; kind -> path.

    mark: draw the small visible mark on pictures. Raises OutputError or EditError where a file cannot be
    written.
    """
    provenance = PictureProvenance.of(session.generator, session.origin)
    before, after = session.start, session.session.image()
    files = {
        "before": folder / "before.png",
        "after": folder / "after.png",
        "before_after": folder / "before-after.png",
        "latent": folder / "latent.safetensors",
        "session": folder / "session.json",
    }
    save_png(files["before"], before, provenance, mark)
    save_png(files["after"], after, provenance, mark)
    save_png(files["before_after"], before_after_sheet(before, after, mark), provenance, mark=False)
    save_latent(files["latent"], session)
    save_document(files["session"], session.document())
    return files


def save_latent(path: Path, session: EditSession) -> None:
    """w_plus (num_ws, w_dim) as float32 safetensors, with the generator and start in its header."""
    provenance = session.generator.provenance
    about: dict[str, object] = {
        "format": "livedrag-latent",
        "generator": provenance.name,
        "generator_sha256": provenance.sha256,
    }
    if isinstance(session.origin, StartFromSeed):
        about |= {"seed": session.origin.seed, "truncation_psi": session.origin.truncation_psi}
    # one entry of JSON: safetensors writes several in any order, and equal edits should leave equal files
    metadata = {"latent": msgspec.json.encode(about).decode()}
    latent = session.session.w_plus.detach().float().cpu().contiguous()  # sync: written to a file
    try:
        path.write_bytes(save({"w_plus": latent}, metadata))
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}; choose another folder") from error
