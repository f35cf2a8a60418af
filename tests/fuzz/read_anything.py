"""The fuzz target: any bytes, read as a generator file, give contents or a ModelFileError, and nothing else.

Run as a program with libFuzzer's arguments: python -m tests.fuzz.read_anything [CORPUS] [-max_total_time=60]
... Small limits: a run that is slow at these would be hostile at the real ones.
"""

from __future__ import annotations

import os
import sys

import atheris  # pyright: ignore[reportMissingImports]

# before anything of gan/ is instrumented: torch itself is not the subject
import torch  # noqa: F401

from tests.gan.formats.audit import watched

with atheris.instrument_imports(include=["gan.formats"]):  # pyright: ignore[reportAttributeAccessIssue]
    from gan.formats.limits import ReadLimits
    from gan.formats.read_model import read_bytes

from gan.errors import ModelFileError

LIMITS = ReadLimits(opcode_count=5_000, stack_count=2_000, memo_count=2_000, mark_count=50, seconds=5.0)


def read_anything(data: bytes) -> None:
    """One input. Raises where anything else than contents or a one-line refusal comes of it."""
    with watched() as events:
        try:
            read_bytes(memoryview(bytearray(data)), LIMITS).load("model")
        except ModelFileError as error:
            message = str(error)
            if "\n" in message or not message.isprintable():
                raise AssertionError(f"not one line: {message!r}") from error
    if events:
        raise AssertionError(f"something happened: {events}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()
