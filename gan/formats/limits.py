"""How much a model file may ask of the machine, and the count of what it has asked so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from gan.errors import ModelFileError

SHOWN_CHARACTERS = 100


@dataclass(frozen=True)
class ReadLimits:
    """Limits for one file, nested pickles included. Real files stay far below every one of them.

    opcode_count: pickle instructions (a StyleGAN2 training file has about 60,000).
    stack_count: values that wait on the stack; mark_count: nested open containers.
    memo_count: values kept for later reference. integer_bytes, line_bytes: one number; one line of text.
    wide_text_bytes: text longer than this must have one byte a character (it is data in disguise).
    expansion: bytes that decoding may produce, as a multiple of the file.
    nested_pickle_count: storages saved as a file within the file.
    module_count, tensor_count, tree_depth: of one network. seconds: wall clock, the last resort.
    """

    opcode_count: int = 400_000
    stack_count: int = 100_000
    mark_count: int = 1_000
    memo_count: int = 200_000
    integer_bytes: int = 32
    line_bytes: int = 2**26
    wide_text_bytes: int = 2**20
    expansion: float = 2.5
    nested_pickle_count: int = 5_000
    module_count: int = 4_096
    tensor_count: int = 16_384
    tree_depth: int = 24
    seconds: float = 120.0


@dataclass
class ReadBudget:
    """What is left of the limits while one file is read. Every count that runs out raises ModelFileError."""

    limits: ReadLimits
    file_bytes: int
    opcodes: int = 0
    produced_bytes: int = 0
    nested_pickles: int = 0
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.limits.seconds

    def count_opcodes(self, count: int) -> None:
        """Pickle instructions, counted in batches."""
        self.opcodes += count
        if self.opcodes > self.limits.opcode_count:
            raise ModelFileError(
                f"has more than {self.limits.opcode_count} pickle instructions; generators have about 60000"
            )
        if time.monotonic() > self.deadline:
            raise ModelFileError(f"takes longer than {self.limits.seconds:g} s to read; it was given up")

    def count_produced(self, byte_count: int) -> None:
        """Bytes that decoding made beside the file's own."""
        self.produced_bytes += byte_count
        allowed = int(self.limits.expansion * self.file_bytes) + 2**20
        if self.produced_bytes > allowed:
            raise ModelFileError(
                f"would unfold to more than {allowed} bytes; it is larger inside than outside"
            )

    def count_nested_pickle(self) -> None:
        """A storage that is a file within the file."""
        self.nested_pickles += 1
        if self.nested_pickles > self.limits.nested_pickle_count:
            raise ModelFileError(f"holds more than {self.limits.nested_pickle_count} nested storages")


def shown(text: str | int | list[int]) -> str:
    """Text of a file in a message: one line, printable, short."""
    plain = str(text)[: SHOWN_CHARACTERS + 1].encode("ascii", "backslashreplace").decode()
    plain = "".join(c if c.isprintable() else "?" for c in plain)
    return plain if len(plain) <= SHOWN_CHARACTERS else plain[: SHOWN_CHARACTERS - 3] + "..."
