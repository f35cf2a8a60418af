"""`export`: writes what the window is asked for, in the thread of the drag worker, which owns the edit."""

from __future__ import annotations

from app.commands.outputs import make_folder, write_edit
from app.errors import OutputError
from app.export import before_after_sheet, save_picture
from app.latent_file import save_latent
from app.mask_file import save_mask
from app.provenance import PictureProvenance
from app.session.edit_session import EditSession
from app.worker_messages import Export


def export(session: EditSession, command: Export) -> str:
    """Does what the command asks; says what was done. Raises OutputError or EditError, with nothing lost."""
    path = command.path
    make_folder(path if command.what == "all" else path.absolute().parent)
    provenance = PictureProvenance.of(session.generator, session.origin)
    match command.what:
        case "picture":
            save_picture(path, session.session.image(), provenance, command.mark)
        case "sheet":
            sheet = before_after_sheet(session.start, session.session.image(), command.mark)
            save_picture(path, sheet, provenance, mark=False)
        case "latent":
            save_latent(path, session)
        case "mask":
            if session.painted_mask is None:
                raise OutputError("there is no mask to export; paint one first, with Movable or Fixed")
            save_mask(path, session.painted_mask)
        case "all":
            files = write_edit(path, session, command.mark, command.picture_suffix)
            return f"Exported {len(files)} files to {path}"
    return f"Exported {path}"
