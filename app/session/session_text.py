"""A session as text for the clipboard: a header that says what it is, then the file, compressed."""

from __future__ import annotations

import base64
import binascii
import re
import textwrap
import zlib

from app.session.document import (
    LARGEST_FILE_BYTES,
    VERSION,
    SessionDocument,
    decode_document,
    encode_document,
)
from gan.errors import EditError

HEADER = re.compile(r"LiveDrag session (\d+) \((\d+) bytes, crc32 ([0-9a-f]{8})\):")
WIDTH = 100  # letters in a line: mail programs and chats leave such lines alone
NAME = "in the clipboard"


def session_to_text(document: SessionDocument) -> str:
    """'LiveDrag session 3 (12345 bytes, crc32 0badcafe):', then lines of base64 of zlib of the file."""
    data = encode_document(document)
    packed = base64.b64encode(zlib.compress(data, 9)).decode("ascii")
    header = f"LiveDrag session {VERSION} ({len(data)} bytes, crc32 {zlib.crc32(data):08x}):"
    return "\n".join([header, *textwrap.wrap(packed, WIDTH), ""])


def session_from_text(text: str) -> SessionDocument:
    """The inverse; also takes a session file's own text. Whatever stands before the header is passed over,
    and line breaks and quotation marks within do not matter. Raises EditError for anything else."""
    if text.lstrip().startswith("{"):
        return decode_document(text.encode(), NAME)
    found = HEADER.search(text)
    if found is None:
        raise EditError("the clipboard holds no session; copy one in LiveDrag, all of its text")
    size = int(found[2])
    if size > LARGEST_FILE_BYTES:
        raise EditError(f"the session {NAME} would have {size} bytes, too many for a session")
    try:
        packed = base64.b64decode(re.sub(r"[\s>]", "", text[found.end() :]), validate=True)
        data = zlib.decompressobj().decompress(packed, size + 1)  # never more: a bomb ends here
    except (binascii.Error, ValueError, zlib.error) as error:
        raise EditError(f"the session {NAME} is damaged ({error}); copy all of its text") from error
    if len(data) != size or zlib.crc32(data) != int(found[3], 16):
        raise EditError(f"the session {NAME} is not whole; copy all of its text, from its header to the end")
    return decode_document(data, NAME)
