"""A session as text for the clipboard: short, whole through a mail, and refused in one line."""

from __future__ import annotations

import msgspec
import pytest

from app.session.document import SessionDocument, encode_document
from app.session.edits import MoveTarget, Steps
from app.session.session_text import session_from_text, session_to_text
from gan.errors import EditError
from tests.app.documents import a_document


def test_a_session_survives_the_clipboard() -> None:
    document = a_document()
    text = session_to_text(document)
    assert text.startswith("LiveDrag session 6 (")
    assert session_from_text(text) == document
    mailed = "Look at this:\n\n> " + text.replace("\n", "\r\n> ") + "\r\n"
    assert session_from_text(mailed) == document
    assert session_from_text(document_text(document)) == document


def document_text(document: SessionDocument) -> str:
    return encode_document(document).decode()


def test_a_large_session_is_short_text() -> None:
    document = a_document()
    edits = [*document.edits]
    for i in range(5000):
        edits += [MoveTarget(0, (i % 31 + 0.25, i % 17 + 0.5)), Steps(2)]
    large = msgspec.structs.replace(document, edits=edits)
    text = session_to_text(large)
    assert len(text) < len(document_text(large)) / 10
    assert session_from_text(text) == large


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no session"),
        ("hello", "holds no session"),
        ("{}", "its format is ''"),
        ("{nonsense", "damaged"),
        ("LiveDrag session 2 (99 bytes, crc32 00000000):\nAAAA", "damaged"),
        ("LiveDrag session 2 (99999999999 bytes, crc32 00000000):\nAAAA", "too many"),
    ],
)
def test_text_that_is_no_session_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(EditError, match=message) as raised:
        session_from_text(text)
    assert "\n" not in str(raised.value)


def test_text_that_was_cut_or_changed_is_refused() -> None:
    text = session_to_text(a_document())
    for damaged in (text[:-30], text[:200] + text[201:], text.replace("crc32 ", "crc32 0")[:-1]):
        with pytest.raises(EditError) as raised:
            session_from_text(damaged)
        assert "\n" not in str(raised.value)
