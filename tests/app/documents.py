"""A small session as a document, for tests of what is written and read."""

from __future__ import annotations

import msgspec

from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, Steps
from tests.app.tiny import tiny_generator


def a_document() -> SessionDocument:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    session.begin("place")
    session.apply(AddHandle(0, (5, 6), (20, 21)))
    session.begin("drag")
    session.apply(Steps(3))
    return session.document()


def numbered_document(number: int) -> SessionDocument:
    return msgspec.structs.replace(a_document(), created=str(number))
