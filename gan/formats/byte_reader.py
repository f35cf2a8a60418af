"""`ByteReader`: reads forward through bytes that are there already (a mapped file), without copying them."""

from __future__ import annotations

from typing import TypeGuard

from gan.errors import ModelFileError

LINE_STEP = 2**16


class ByteReader:
    """A position in a buffer. Every read past the end raises ModelFileError."""

    def __init__(self, data: memoryview[int], position: int = 0) -> None:
        self._data = data
        self.position = position

    def byte(self) -> int:
        """The next byte."""
        position = self.position
        if position >= len(self._data):
            raise _ends_early(len(self._data))
        self.position = position + 1
        return self._data[position]

    def view(self, count: int) -> memoryview[int]:
        """The next `count` bytes, not copied."""
        end = self.position + count
        if count < 0 or end > len(self._data):
            raise _ends_early(len(self._data))
        piece = self._data[self.position : end]
        self.position = end
        return piece

    def integer(self, byte_count: int, signed: bool = False) -> int:
        """A little-endian integer."""
        return int.from_bytes(self.view(byte_count), "little", signed=signed)

    def line(self, limit: int) -> memoryview[int]:
        """Up to the next newline, which is skipped. `limit`: bytes that it may have."""
        searched = self.position
        while True:
            piece = bytes(self._data[searched : searched + LINE_STEP])
            found = piece.find(b"\n")
            if found >= 0:
                line = self.view(searched + found - self.position)
                self.position += 1
                return line
            searched += len(piece)
            if len(piece) < LINE_STEP:
                raise _ends_early(len(self._data))
            if searched - self.position > limit:
                raise ModelFileError(f"holds a line of more than {limit} bytes")

    @property
    def left(self) -> int:
        """Bytes that are left."""
        return len(self._data) - self.position


def is_bytes(value: object) -> TypeGuard[bytes | memoryview[int]]:
    """Whether a value is bytes, in the file or copied."""
    return isinstance(value, bytes | memoryview)


def _ends_early(length: int) -> ModelFileError:
    return ModelFileError(f"ends early, after {length} bytes: it is truncated or damaged; download it again")
