"""Which kind of file it is, by its first bytes; a file's name is never looked at."""

from __future__ import annotations

from typing import Literal

from gan.formats.torch_legacy import MAGIC_BYTES

Container = Literal["safetensors", "torch archive", "torch legacy", "pickle"]

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"\x89HDF", "an HDF5 file (Keras?), which has no StyleGAN2 generator that is known"),
    (b"GGUF", "a GGUF language model"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"),
)
_PICKLE_STARTS = frozenset(b"(c}])lFIJKLMNSTUVX\x80")


def sniff(data: memoryview[int]) -> Container | None:
    """The kind of file; None if it can be none of those that are read."""
    if len(data) >= 9 and data[8] == ord("{") and int.from_bytes(data[:8], "little") <= len(data) - 8:
        return "safetensors"
    start = bytes(data[:64])
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "torch archive"
    if start[:1] == b"\x80" and MAGIC_BYTES in start[:20]:
        return "torch legacy"
    if start and start[0] in _PICKLE_STARTS and other_kind(data) is None:
        return "pickle"
    return None


def other_kind(data: memoryview[int]) -> str | None:
    """What a file is that is no generator, in words; None if unknown."""
    start = bytes(data[:512])
    if start.lstrip()[:1] == b"<" and b"htm" in start.lower():
        return "a web page, not a model: the download went wrong (a confirmation page?)"
    if start[257:262] == b"ustar":
        return "a tar archive; unpack it first"
    return next((what for magic, what in _OTHERS if start.startswith(magic)), None)
