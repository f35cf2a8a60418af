"""What can still be read of a damaged session file: its head, and the edits up to the damage."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from app.session.edits import Edit
from app.session.upgrade import upgraded_edit

EDITS = '"edits"'


def salvage(data: bytes) -> tuple[dict[str, Any], list[Edit]] | None:
    """The fields before the edits, and the whole edits before the damage; None where not even that is left.

    The writer puts the edits last, so that what is lost at a file's end is edits and not what they need.
    """
    text = data.decode("utf-8", errors="replace")
    decoder = json.JSONDecoder()
    begin = text.find(EDITS)
    opening = text.find("[", begin)
    if begin < 0 or opening < 0:
        return None
    try:
        head = json.loads(text[:begin].rstrip().rstrip(",") + "}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(head, dict):
        return None
    edits: list[Edit] = []
    at = opening + 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
            edits.append(msgspec.convert(upgraded_edit(value, head), Edit))
        except (ValueError, RecursionError, msgspec.ValidationError):
            return head, edits
