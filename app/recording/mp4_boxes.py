"""The boxes of an MP4 file: where a broken recording is whole, and the box that holds its provenance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # of the XMP specification, part 3


def append_xmp(path: Path, xmp: str) -> None:
    """Appends an XMP packet as a box of its own; the boxes that are there stay where they are. OSError."""
    payload = XMP_UUID + xmp.encode()
    with path.open("ab") as file:
        file.write((8 + len(payload)).to_bytes(4, "big") + b"uuid" + payload)


def read_xmp(path: Path) -> str | None:
    """The XMP packet of an MP4 file, None where it has none."""
    with path.open("rb") as file:
        for kind, start, size in _boxes(path):
            if kind == b"uuid":
                file.seek(start + 8)
                payload = file.read(size - 8)
                if payload.startswith(XMP_UUID):
                    return payload[len(XMP_UUID) :].decode()
    return None


def cut_broken_end(path: Path) -> bool:
    """Takes away a fragment that was not written to its end, so that every player plays the rest.

    Returns whether anything playable is left. Raises OSError.
    """
    whole_until, fragment_count, in_fragment = 0, 0, False
    size = path.stat().st_size
    for kind, start, length in _boxes(path):
        if start + length > size:
            break
        if kind == b"moof":
            in_fragment = True  # its samples are in the box that follows
            continue
        if kind == b"mdat" and in_fragment:
            fragment_count += 1
            in_fragment = False
        whole_until = start + length
    if whole_until < size:
        os.truncate(path, whole_until)
    return fragment_count > 0


def _boxes(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """(kind, place, size in bytes) of the boxes on top; the last may reach beyond the file's end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place + 8 <= size:
            file.seek(place)
            head = file.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:  # to the file's end
                length = size - place
            if length < 8:
                return
            yield kind, place, length
            place += length
