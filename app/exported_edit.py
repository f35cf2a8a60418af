"""`ExportedEdit`: what an export is made of: the edit as it is now, or an earlier picture of it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from app.session.document import SessionDocument
from app.session.edit_session import EditSession, Picture
from app.session.edited_drag import EditedDrag
from app.session.edits import Origin, ReturnTo, Unit
from app.session.painted_mask import PaintedMask
from gan.drag_session import DragSession
from gan.generator import Generator, to_uint8


class ExportedEdit(Protocol):
    """To be read only. An `EditSession` is one."""

    @property
    def session(self) -> DragSession:
        """Its picture and its latent."""
        ...

    @property
    def generator(self) -> Generator:
        """That it was made with."""
        ...

    @property
    def origin(self) -> Origin:
        """What the picture was before it was dragged."""
        ...

    @property
    def start(self) -> Picture:
        """The picture of `origin`, (H, W, 3) uint8."""
        ...

    @property
    def painted_mask(self) -> PaintedMask | None:
        """(H, W) uint8, or None."""
        ...

    def document(self) -> SessionDocument:
        """All of the session, ending where the picture is."""
        ...


class EarlierEdit:
    """An earlier picture of a session that goes on elsewhere: exporting it changes nothing."""

    def __init__(self, looked_at: EditedDrag, present: EditSession, position: int) -> None:
        """looked_at: exactly at the picture of that position of `present`."""
        self._looked_at = looked_at
        self._present = present
        self._position = position

    @property
    def session(self) -> DragSession:
        """See `ExportedEdit`."""
        return self._looked_at.session

    @property
    def generator(self) -> Generator:
        """See `ExportedEdit`."""
        return self.session.generator

    @property
    def origin(self) -> Origin:
        """See `ExportedEdit`."""
        return self._looked_at.origin

    @property
    def start(self) -> Picture:
        """See `ExportedEdit`."""
        image = self.generator.image(self.session.snapshot().w0)
        return to_uint8(image).cpu().numpy()  # sync: it is written to a file

    @property
    def painted_mask(self) -> PaintedMask | None:
        """See `ExportedEdit`."""
        return self._looked_at.painted

    def document(self) -> SessionDocument:
        """The whole session, and that one has gone back to this picture: opened, it shows what was
        exported."""
        whole = self._present.document()
        back = Unit(f"back to picture {self._position}", after=whole.now)
        edits = [*whole.edits, back, ReturnTo(self._position)]
        return msgspec.structs.replace(whole, edits=edits, now=None)
