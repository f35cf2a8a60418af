"""`export`: writes what the window is asked for, in the thread of the drag worker, which owns the edit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from app.commands.outputs import make_folder, write_edit
from app.errors import OutputError, TaskCancelled
from app.export import before_after_sheet, save_picture
from app.exported_edit import ExportedEdit
from app.latent_file import save_latent
from app.mask_file import save_mask
from app.provenance import PictureProvenance
from app.window_commands import Export

Advance = Callable[[float], None]  # hears which share is done; raises TaskCancelled to give it up
PICTURE_SHARE = 0.7  # of an export's time; the rest is the file's


def export(edit: ExportedEdit, command: Export, advance: Advance = lambda _share: None) -> str:
    """Does what the command asks; says what was done. The edit stays as it is.

    Raises OutputError or EditError, with what was written until then, and TaskCancelled, with nothing
    written.
    """
    path = command.path
    if command.what == "all":
        return f"Exported {_export_all(edit, command, advance)} files to {path}"
    make_folder(path.absolute().parent)
    provenance = PictureProvenance.of(edit.generator, edit.origin)
    advance(0.0)
    match command.what:
        case "picture":
            picture = edit.session.image()
            advance(PICTURE_SHARE)
            save_picture(path, picture, provenance, command.mark)
        case "sheet":
            before = edit.start
            advance(PICTURE_SHARE / 2)
            after = edit.session.image()
            advance(PICTURE_SHARE)
            sheet = before_after_sheet(before, after, command.mark)
            save_picture(path, sheet, provenance, mark=False)
        case "latent":
            save_latent(path, edit)
        case "mask":
            if edit.painted_mask is None:
                raise OutputError("there is no mask to export; paint one first, with Movable or Fixed")
            save_mask(path, edit.painted_mask)
    return f"Exported {path}"


def _export_all(edit: ExportedEdit, command: Export, advance: Advance) -> int:
    """How many files it wrote."""
    folder = command.path
    was_there = folder.exists()
    make_folder(folder)
    kept = set(folder.iterdir())
    try:
        return len(write_edit(folder, edit, command.mark, command.picture_suffix, advance))
    except TaskCancelled:
        with contextlib.suppress(OSError):
            _remove(folder, kept, with_folder=not was_there)
        raise


def _remove(folder: Path, kept: set[Path], with_folder: bool) -> None:
    for file in set(folder.iterdir()) - kept:
        file.unlink()
    if with_folder:
        folder.rmdir()
