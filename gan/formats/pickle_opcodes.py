"""The instructions of pickle, protocols 0 to 5: which there are, and the loop that runs them.

Those that no generator needs are not in the table and are refused: the extension registry, out-of-band
buffers, OBJ.
"""

from __future__ import annotations

from collections.abc import Callable

from gan.errors import ModelFileError
from gan.formats.byte_reader import ByteReader
from gan.formats.limits import ReadBudget
from gan.formats.pickle_machine import DAMAGED, PersistentLoad, PickleMachine
from gan.formats.pickle_text import (
    decimal_float,
    decimal_integer,
    escaped_text,
    latin1_text,
    quoted_text,
    utf8_text,
)
from gan.formats.records import NestedReader

STOP = ord(".")
COUNTED_AT_ONCE = 512  # instructions between two looks at the budget


def run_pickle(
    reader: ByteReader,
    budget: ReadBudget,
    read_nested: NestedReader,
    persistent_load: PersistentLoad | None = None,
) -> object:
    """The value of the pickle at the reader's place, which is moved behind it.

    read_nested: reads storages saved inside. persistent_load: what a persistent id stands for; None: there
    may be none. Raises ModelFileError for anything that is not allowed.
    """
    machine = PickleMachine(reader, budget, read_nested, persistent_load)
    uncounted = 0
    while True:
        code = reader.byte()
        if code == STOP:
            budget.count_opcodes(uncounted + 1)
            return machine.pop_value()
        run = OPCODES.get(code)
        if run is None:
            place = reader.position - 1
            raise ModelFileError(
                f"holds the unneeded pickle instruction {code:#04x} at byte {place}; {DAMAGED}"
            )
        run(machine)
        uncounted += 1
        if uncounted == COUNTED_AT_ONCE:
            budget.count_opcodes(uncounted)
            uncounted = 0


Run = Callable[[PickleMachine], None]

_NAMED: dict[str, Run] = {
    "(": PickleMachine.mark,
    "0": PickleMachine.pop,
    "1": PickleMachine.pop_mark,
    "2": PickleMachine.duplicate,
    "F": lambda m: m.push(decimal_float(m.line(), m.budget)),
    "G": PickleMachine.push_float,
    "I": lambda m: m.push(decimal_integer(m.line(), m.budget)),
    "L": lambda m: m.push(decimal_integer(m.line(), m.budget)),
    "J": lambda m: m.push_integer(4, signed=True),
    "K": lambda m: m.push_integer(1, signed=False),
    "M": lambda m: m.push_integer(2, signed=False),
    "N": lambda m: m.push(None),
    "P": lambda m: m.persistent(by_line=True),
    "Q": lambda m: m.persistent(by_line=False),
    "R": PickleMachine.reduce,
    "S": lambda m: m.push(quoted_text(m.line(), m.budget)),
    "T": lambda m: m.push(latin1_text(m.counted(4, signed=True), m.budget)),
    "U": lambda m: m.push(latin1_text(m.counted(1), m.budget)),
    "V": lambda m: m.push(escaped_text(m.line(), m.budget)),
    "X": lambda m: m.push(utf8_text(m.counted(4), m.budget)),
    "B": lambda m: m.push_bytes(m.counted(4)),
    "C": lambda m: m.push_bytes(m.counted(1)),
    "a": PickleMachine.append,
    "b": PickleMachine.build,
    "c": PickleMachine.global_by_line,
    "d": PickleMachine.make_dict,
    "e": PickleMachine.appends,
    "g": lambda m: m.recall(m.line_index()),
    "h": lambda m: m.recall(m.byte_index(1)),
    "i": PickleMachine.old_instance,
    "j": lambda m: m.recall(m.byte_index(4)),
    "l": PickleMachine.make_list,
    "p": lambda m: m.remember(m.line_index()),
    "q": lambda m: m.remember(m.byte_index(1)),
    "r": lambda m: m.remember(m.byte_index(4)),
    "s": PickleMachine.set_item,
    "t": PickleMachine.make_tuple,
    "u": PickleMachine.set_items,
    "}": lambda m: m.push({}),
    "]": lambda m: m.push([]),
    ")": lambda m: m.push(()),
}
_NUMBERED: dict[int, Run] = {
    0x80: PickleMachine.protocol,
    0x81: PickleMachine.new_object,
    0x85: lambda m: m.make_tuple(1),
    0x86: lambda m: m.make_tuple(2),
    0x87: lambda m: m.make_tuple(3),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    0x8A: lambda m: m.push_long(1),
    0x8B: lambda m: m.push_long(4),
    0x8C: lambda m: m.push(utf8_text(m.counted(1), m.budget)),
    0x8D: lambda m: m.push(utf8_text(m.counted(8), m.budget)),
    0x8E: lambda m: m.push_bytes(m.counted(8)),
    0x8F: lambda m: m.push(set[object]()),
    0x90: PickleMachine.add_items,
    0x91: PickleMachine.make_frozenset,
    0x92: lambda m: m.new_object(with_keywords=True),
    0x93: PickleMachine.global_by_stack,
    0x94: PickleMachine.remember,
    0x95: PickleMachine.frame,
    0x96: lambda m: m.push_bytes(m.counted(8)),
}
OPCODES: dict[int, Run] = {ord(name): run for name, run in _NAMED.items()} | _NUMBERED
