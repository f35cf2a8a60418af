"""Text and numbers inside a pickle: how the opcodes spell them, with limits on what decoding may cost."""

from __future__ import annotations

import codecs

import numpy as np

from gan.errors import ModelFileError
from gan.formats.limits import ReadBudget

LARGEST_LATIN1_LEAD = 0xC3  # in UTF-8, characters up to 255 begin with at most this byte


def utf8_text(data: memoryview[int], budget: ReadBudget) -> str:
    """BINUNICODE. Long text must have one byte a character: else it would take four times its size."""
    if len(data) > budget.limits.wide_text_bytes:
        if int(np.frombuffer(data, np.uint8).max()) > LARGEST_LATIN1_LEAD:
            raise ModelFileError(f"holds a text of {len(data)} bytes in wide characters")
        budget.count_produced(len(data))
    try:
        return str(data, "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ModelFileError("holds text that is not UTF-8; it is damaged") from error


def escaped_text(line: memoryview[int], budget: ReadBudget) -> str:
    """UNICODE of protocol 0: raw-unicode-escape."""
    budget.count_produced(len(line))
    try:
        text, _ = codecs.raw_unicode_escape_decode(line)
    except UnicodeDecodeError as error:
        raise ModelFileError("holds text that is not properly escaped; it is damaged") from error
    if len(text) > budget.limits.wide_text_bytes and max(text) > "\xff":
        raise ModelFileError(f"holds a text of {len(line)} bytes in wide characters")
    return text


def latin1_text(data: memoryview[int], budget: ReadBudget) -> str:
    """BINSTRING, as Python 2 wrote it."""
    budget.count_produced(len(data))
    return str(data, "latin-1")


def quoted_text(line: memoryview[int], budget: ReadBudget) -> str:
    """STRING of protocol 0, as Python 2 wrote it: a quoted literal."""
    budget.count_produced(len(line))
    raw = bytes(line).strip()
    if len(raw) < 2 or raw[:1] != raw[-1:] or raw[:1] not in (b"'", b'"'):
        raise ModelFileError("holds a text without quotes; it is damaged")
    try:
        decoded, _ = codecs.escape_decode(raw[1:-1])
    except ValueError as error:
        raise ModelFileError("holds text that is not properly escaped; it is damaged") from error
    return decoded.decode("latin-1")


def decimal_integer(line: memoryview[int], budget: ReadBudget) -> int | bool:
    """INT and LONG of protocol 0; '01' and '00' are booleans."""
    raw = bytes(line[: 2 * budget.limits.integer_bytes]).removesuffix(b"L")
    if raw in (b"00", b"01"):
        return raw == b"01"
    digits = raw.removeprefix(b"-")
    if len(line) > 2 * budget.limits.integer_bytes or not digits.isdigit():
        raise ModelFileError("holds a number that is none, or a far too long one; it is damaged")
    return int(raw)


def decimal_float(line: memoryview[int], budget: ReadBudget) -> float:
    """FLOAT of protocol 0."""
    if len(line) > 2 * budget.limits.integer_bytes:
        raise ModelFileError("holds a number that is far too long; it is damaged")
    try:
        return float(bytes(line))
    except ValueError as error:
        raise ModelFileError("holds a number that is none; it is damaged") from error


def name_text(line: memoryview[int]) -> str:
    """A module's or a global's name, as GLOBAL spells it."""
    return str(line[:400], "utf-8", "replace")
