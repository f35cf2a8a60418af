"""torch's present file: a zip archive of one pickle and one entry a storage, all of them stored, not
compressed.

Entries are looked up in the mapped file; nothing is extracted, so that no name in it is ever a path.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass

import torch

from gan.errors import ModelFileError
from gan.formats.byte_reader import ByteReader
from gan.formats.limits import ReadBudget, shown
from gan.formats.pickle_opcodes import run_pickle
from gan.formats.tensor_records import Storage
from gan.formats.torch_legacy import refuse_nested
from gan.formats.torch_records import storage_of

ENTRY_LIMIT = 50_000
LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, ..., length of the name, of the extra field
ENDING = struct.Struct("<4s6xHII")  # signature, ..., entries, size and place of the directory
ENDING_BYTES = 22
DIRECTORY_LIMIT_BYTES = 2**24


@dataclass(frozen=True)
class TorchArchive:
    """The archive's entries by their name without the common top folder; each a piece of the file."""

    entries: dict[str, memoryview]

    def entry(self, name: str) -> memoryview[int]:
        """One entry's bytes. Raises ModelFileError where there is none of that name."""
        if name not in self.entries:
            raise ModelFileError(f"is a zip archive without '{shown(name)}'; it is not what torch writes")
        return self.entries[name]


def read_torch_archive(data: memoryview[int] | bytes, budget: ReadBudget) -> object:
    """The object in the archive, its storages referring to `data`. Raises ModelFileError."""
    archive = open_archive(memoryview(data))
    if "data.pkl" not in archive.entries:
        if "constants.pkl" in archive.entries or any(name.startswith("code/") for name in archive.entries):
            raise ModelFileError(
                "is a TorchScript program, not weights; LiveDrag runs no programs from files"
            )
        raise ModelFileError("is a zip archive without 'data.pkl'; it is not what torch writes")
    if bytes(archive.entries.get("byteorder", memoryview(b"little"))[:8]) != b"little":
        raise ModelFileError(
            "was written on a big-endian machine; load and save it with torch on another one"
        )
    storages: dict[str, Storage] = {}

    def get(key: str, dtype: torch.dtype, count: int) -> Storage:
        if key not in storages:
            storages[key] = Storage(dtype, count)
            storages[key].fill(archive.entry(f"data/{key}"))
        storage = storages[key]
        if storage.dtype != dtype or storage.count != count:
            raise ModelFileError(f"announces storage '{shown(key)}' twice, differently")
        return storage

    reader = ByteReader(archive.entry("data.pkl"))
    return run_pickle(reader, budget, refuse_nested, lambda key: storage_of(key, get))


def open_archive(data: memoryview[int]) -> TorchArchive:
    """The archive's directory, checked: stored entries, harmless names, no overlap. Raises ModelFileError."""
    _check_ending(data)
    try:
        with zipfile.ZipFile(_Window(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError, EOFError) as error:
        raise ModelFileError(
            f"is a zip archive that cannot be read ({shown(str(error))}); it is damaged"
        ) from error
    if len(infos) > ENTRY_LIMIT:
        raise ModelFileError(f"is a zip archive of {len(infos)} entries; torch writes a few hundred")
    entries: dict[str, memoryview] = {}
    end = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        name = _inner_name(info.filename)
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ModelFileError(
                f"is a zip archive with compressed entries ('{shown(name)}'); torch stores them"
            )
        if info.flag_bits & 1:
            raise ModelFileError("is an encrypted zip archive; torch writes none")
        if info.header_offset < end:
            raise ModelFileError("is a zip archive whose entries overlap; it is hostile")
        reader = ByteReader(data, info.header_offset)
        signature, name_bytes, extra_bytes = LOCAL_HEADER.unpack(reader.view(LOCAL_HEADER.size))
        if signature != b"PK\x03\x04" or name in entries:
            raise ModelFileError(f"is a zip archive with a wrong or repeated entry '{shown(name)}'")
        reader.view(name_bytes + extra_bytes)
        entries[name] = reader.view(info.file_size)
        end = reader.position
    return TorchArchive(entries)


def _check_ending(data: memoryview[int]) -> None:
    """Refuses a directory too long to be torch's before anything walks through it."""
    tail = bytes(data[-(ENDING_BYTES + 2**16) :])
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < ENDING_BYTES:
        raise ModelFileError("is a zip archive without an end: it is truncated; download it again")
    _, _, directory_bytes, _ = ENDING.unpack(tail[place : place + ENDING.size])
    wide = tail.rfind(b"PK\x06\x06", 0, place)  # the same in 64 bits
    if wide >= 0:
        directory_bytes = max(
            directory_bytes % (2**32 - 1), int.from_bytes(tail[wide + 40 : wide + 48], "little")
        )
    if directory_bytes > DIRECTORY_LIMIT_BYTES:
        raise ModelFileError(
            f"is a zip archive with a directory of {directory_bytes} bytes; torch's are small"
        )


def _inner_name(filename: str) -> str:
    """The name below the top folder; refuses names that would be paths to elsewhere."""
    parts = filename.split("/")
    if filename.startswith("/") or "\\" in filename or "\0" in filename or ":" in parts[0]:
        raise ModelFileError(f"is a zip archive with the entry '{shown(filename)}', a path to elsewhere")
    if any(part in ("", ".", "..") for part in parts):
        raise ModelFileError(f"is a zip archive with the entry '{shown(filename)}', a path to elsewhere")
    return "/".join(parts[1:]) if len(parts) > 1 else filename


class _Window(io.RawIOBase):
    """The mapped file as the file object that zipfile wants, without a copy."""

    def __init__(self, data: memoryview[int]) -> None:
        super().__init__()
        self._data = data
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError("a place before the file's start")
        self._position = start + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else min(self._position + size, len(self._data))
        piece = bytes(self._data[self._position : end])
        self._position = max(end, self._position)
        return piece
