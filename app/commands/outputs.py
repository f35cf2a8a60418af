"""The folder that an edit leaves: pictures, latent, mask, session, movie. Checked before any work, written
at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.commands.progress import progress
from app.errors import OutputError
from app.export import before_after_sheet, save_picture
from app.exported_edit import ExportedEdit
from app.latent_file import save_latent
from app.mask_file import save_mask
from app.movie.edit_path import EditPath
from app.movie.options import MovieOptions
from app.provenance import PictureProvenance
from app.session.document import save_document
from app.session.edit_session import EditSession

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


def check_video(kind: str | None) -> None:
    """Raises OutputError where this machine has no encoder for the movie; None = none is wanted."""
    if kind is None:
        return
    from app.recording.encoders import ENCODERS, encoders_for  # PyAV: only when it is needed

    suffix = f".{kind}"
    if suffix in ENCODERS:
        encoders_for(suffix, live=False)


def make_folder(folder: Path) -> None:
    """Creates the folder and its parents. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create '{folder}': {error.strerror}; choose another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write to '{folder}': permission denied; choose another folder")


def write_edit(
    folder: Path,
    edit: ExportedEdit,
    mark: bool,
    suffix: str = ".png",
    advance: Callable[[float], None] = lambda _share: None,
) -> dict[str, Path]:
    """Everything of an edit: before, after and before-after as pictures, latent.safetensors and latent.npy,
    mask.png where one is painted, session.json; kind -> path.

    mark: draw the small visible mark on pictures. suffix: of the pictures. advance: hears which share is
    done, and may raise to give it up. Raises OutputError or EditError where a file cannot be written; the
    session, from which all of it can be made again, is written first.
    """
    files = {
        "before": folder / f"before{suffix}",
        "after": folder / f"after{suffix}",
        "before_after": folder / f"before-after{suffix}",
        "latent": folder / "latent.safetensors",
        "latent_npy": folder / "latent.npy",
        "mask": folder / "mask.png",
        "session": folder / "session.json",
    }
    advance(0.0)
    save_document(files["session"], edit.document())
    save_latent(files["latent"], edit)
    save_latent(files["latent_npy"], edit)
    if edit.painted_mask is not None:
        save_mask(files["mask"], edit.painted_mask)
    else:
        del files["mask"]
    advance(0.05)
    before = edit.start
    advance(0.35)
    after = edit.session.image()
    advance(0.65)
    provenance = PictureProvenance.of(edit.generator, edit.origin)
    save_picture(files["before"], before, provenance, mark)
    advance(0.75)
    save_picture(files["after"], after, provenance, mark)
    advance(0.85)
    save_picture(files["before_after"], before_after_sheet(before, after, mark), provenance, mark=False)
    return files


def write_movie(
    folder: Path, kind: str, session: EditSession, path: EditPath, options: MovieOptions
) -> tuple[Path, list[str]]:
    """Renders the edit's path as edit.<kind>; the file (of PNG pictures their folder) and what to say of it.

    Raises OutputError; then no movie is left behind.
    """
    from app.movie.render import render_movie
    from app.movie.timeline import frame_count

    scenes = path.scenes()
    with progress("rendering", frame_count(scenes, options)) as advance:
        file = folder / f"{VIDEO_STEM}.{kind}"
        writer = render_movie(file, session.generator, scenes, options, advance)
    return writer.path, [writer.note] if writer.note else []
