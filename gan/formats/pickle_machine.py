"""`PickleMachine`: stack, memo and values of a pickle that is being interpreted (`pickle_opcodes` has the
loop).

Python's own unpickler is not used: it imports and calls what the file names, and cannot bound what the
file takes. Here a global is looked up in a table (`allowed_globals`), a call makes a record, and every stack
entry and memo entry counts against `ReadLimits`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import cast

from gan.errors import ModelFileError
from gan.formats.allowed_globals import find_global, is_key, make_instance
from gan.formats.byte_reader import ByteReader
from gan.formats.limits import ReadBudget, shown
from gan.formats.numpy_records import ArrayRecord, DtypeRecord
from gan.formats.pickle_text import (
    decimal_integer,
    name_text,
)
from gan.formats.records import AllowedGlobal, CallContext, NestedReader, ObjectRecord, entries_of, items_of

HIGHEST_PROTOCOL = 5
SMALL_BYTES = 256  # shorter bytes are copied, longer ones stay where they are

DAMAGED = "it is damaged or hostile"

PersistentLoad = Callable[[object], object]


class PickleMachine:
    """What the instructions of one pickle do. A machine serves one pickle."""

    def __init__(
        self,
        reader: ByteReader,
        budget: ReadBudget,
        read_nested: NestedReader,
        persistent_load: PersistentLoad | None = None,
    ) -> None:
        """read_nested: reads storages saved inside. persistent_load: what a persistent id stands for;
        None: the file may have none."""
        self._reader = reader
        self._budget = budget
        self._limits = budget.limits
        self._context = CallContext(budget, read_nested)
        self._persistent_load = persistent_load
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}

    # the stack

    def push(self, value: object) -> None:
        """Puts a value on the stack."""
        if len(self._stack) >= self._limits.stack_count:
            raise ModelFileError(f"stacks more than {self._limits.stack_count} values; {DAMAGED}")
        self._stack.append(value)

    def pop_value(self) -> object:
        """The top value, taken away."""
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) <= floor:
            raise ModelFileError(f"takes a value that it never put down; {DAMAGED}")
        return self._stack.pop()

    def _top(self) -> object:
        value = self.pop_value()
        self._stack.append(value)
        return value

    def mark(self) -> None:
        """Begins a container."""
        if len(self._marks) >= self._limits.mark_count:
            raise ModelFileError(f"nests more than {self._limits.mark_count} containers")
        self._marks.append(len(self._stack))

    def _since_mark(self) -> list[object]:
        if not self._marks:
            raise ModelFileError(f"closes a container that it never opened; {DAMAGED}")
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def pop(self) -> None:
        """POP: drops a value, or an empty mark."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.pop_value()

    def pop_mark(self) -> None:
        """POP_MARK."""
        self._since_mark()

    def duplicate(self) -> None:
        """DUP."""
        self.push(self._top())

    # the memo

    def remember(self, index: int | None = None) -> None:
        """PUT and MEMOIZE: keeps the top value."""
        if len(self._memo) >= self._limits.memo_count:
            raise ModelFileError(f"keeps more than {self._limits.memo_count} values for later")
        self._memo[len(self._memo) if index is None else index] = self._top()

    def recall(self, index: int) -> None:
        """GET."""
        if index not in self._memo:
            raise ModelFileError(
                f"refers to value {shown(index)}, which it never kept; it is damaged or hostile"
            )
        self.push(self._memo[index])

    # containers

    def make_tuple(self, count: int | None = None) -> None:
        """TUPLE (since the mark) and TUPLE1 to TUPLE3."""
        if count is None:
            self.push(tuple(self._since_mark()))
        else:
            items = [self.pop_value() for _ in range(count)]
            self.push(tuple(reversed(items)))

    def make_list(self) -> None:
        """LIST."""
        self.push(self._since_mark())

    def make_dict(self) -> None:
        """DICT."""
        items = self._since_mark()
        self.push({})
        self._set_items(items)

    def append(self) -> None:
        """APPEND."""
        self._extend([self.pop_value()])

    def appends(self) -> None:
        """APPENDS."""
        self._extend(self._since_mark())

    def _extend(self, items: list[object]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise ModelFileError(f"appends to something that is no list; {DAMAGED}")
        cast(list[object], target).extend(items)

    def set_item(self) -> None:
        """SETITEM."""
        value, key = self.pop_value(), self.pop_value()
        self._set_items([key, value])

    def set_items(self) -> None:
        """SETITEMS."""
        self._set_items(self._since_mark())

    def _set_items(self, items: list[object]) -> None:
        target = self._top()
        keys = items[::2]
        if not isinstance(target, dict) or len(items) % 2 or not all(is_key(key) for key in keys):
            raise ModelFileError(
                "fills a dictionary that is none, or with impossible keys; it is damaged or hostile"
            )
        cast(dict[object, object], target).update(zip(keys, items[1::2], strict=True))

    def add_items(self) -> None:
        """ADDITEMS, and FROZENSET when nothing but a mark is there."""
        items = self._since_mark()
        target = self._top()
        if not isinstance(target, set) or not all(is_key(item) for item in items):
            raise ModelFileError(
                "fills a set that is none, or with impossible items; it is damaged or hostile"
            )
        cast(set[object], target).update(items)

    def make_frozenset(self) -> None:
        """FROZENSET."""
        items = self._since_mark()
        self.push(set[object]())
        self._marks.append(len(self._stack))
        self._stack.extend(items)
        self.add_items()

    # globals and what is made of them

    def global_by_line(self) -> None:
        """GLOBAL."""
        module = name_text(self._reader.line(self._limits.line_bytes))
        name = name_text(self._reader.line(self._limits.line_bytes))
        self.push(find_global(module, name))

    def global_by_stack(self) -> None:
        """STACK_GLOBAL."""
        name, module = self.pop_value(), self.pop_value()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ModelFileError(f"names a global with something that is no text; {DAMAGED}")
        self.push(find_global(module, name))

    def old_instance(self) -> None:
        """INST: an instance in the way of Python 1. Its class is looked up like any other, then refused."""
        self.global_by_line()
        raise ModelFileError(f"makes an instance in a way that no generator needs; {DAMAGED}")

    def reduce(self) -> None:
        """REDUCE: a call, which makes a record."""
        args, called = self._args(self.pop_value()), self.pop_value()
        if not isinstance(called, AllowedGlobal) or called.make is None:
            what = called.qualified if isinstance(called, AllowedGlobal) else type(called).__name__
            raise ModelFileError(f"calls '{shown(what)}', which may not be called; nothing of it was run")
        self.push(called.make(args, self._context))

    def new_object(self, with_keywords: bool = False) -> None:
        """NEWOBJ and NEWOBJ_EX."""
        if with_keywords and self.pop_value() != {}:
            raise ModelFileError("makes an instance with named arguments, which no generator needs")
        args, cls = self._args(self.pop_value()), self.pop_value()
        if not isinstance(cls, AllowedGlobal):
            raise ModelFileError(f"makes an instance of something that is no class; {DAMAGED}")
        self.push(make_instance(cls, args, self._context))

    def _args(self, args: object) -> tuple[object, ...]:
        if not isinstance(args, tuple):
            raise ModelFileError(f"makes a call without arguments; {DAMAGED}")
        checked = cast(tuple[object, ...], args)
        # the record may look at every entry of its arguments, and the same ones can be given again and again
        sized = (len(cast(list[object], a)) for a in checked if isinstance(a, list | tuple | dict | set))
        self._budget.count_opcodes(len(checked) + sum(sized))
        return checked

    def build(self) -> None:
        """BUILD: gives a record its state. A dictionary's attributes are left out."""
        state, target = self.pop_value(), self._top()
        self._budget.count_opcodes(len(entries_of(state)) + len(items_of(state)))
        if isinstance(target, ObjectRecord | ArrayRecord | DtypeRecord):
            target.build(state)
        elif not isinstance(target, dict):
            raise ModelFileError(f"gives attributes to a value of type '{type(target).__name__}'")

    def persistent(self, by_line: bool) -> None:
        """PERSID and BINPERSID."""
        key = name_text(self._reader.line(self._limits.line_bytes)) if by_line else self.pop_value()
        if self._persistent_load is None:
            raise ModelFileError("refers to an object outside of itself, which this format does not have")
        self.push(self._persistent_load(key))

    # plain values

    def protocol(self) -> None:
        """PROTO."""
        version = self._reader.byte()
        if version > HIGHEST_PROTOCOL:
            raise ModelFileError(
                f"is a pickle of protocol {version}; protocols 0 to {HIGHEST_PROTOCOL} can be read"
            )

    def frame(self) -> None:
        """FRAME: a length that only helps readers of streams."""
        length = self._reader.integer(8)
        if length > self._reader.left:
            raise ModelFileError("ends early, within a frame: it is truncated or damaged; download it again")

    def line(self) -> memoryview[int]:
        """The rest of the line."""
        return self._reader.line(self._limits.line_bytes)

    def counted(self, size_bytes: int, signed: bool = False) -> memoryview[int]:
        """As many bytes as a number before them says."""
        return self._reader.view(self._reader.integer(size_bytes, signed))

    def push_integer(self, size_bytes: int, signed: bool) -> None:
        """BININT and its relatives."""
        self.push(self._reader.integer(size_bytes, signed))

    def push_long(self, size_bytes: int) -> None:
        """LONG1, LONG4."""
        data = self.counted(size_bytes)
        if len(data) > self._limits.integer_bytes:
            raise ModelFileError(f"holds an integer of {len(data)} bytes; {DAMAGED}")
        self.push(int.from_bytes(data, "little", signed=True))

    def push_bytes(self, data: memoryview[int]) -> None:
        """Bytes: where they are, if they are many."""
        self.push(bytes(data) if len(data) <= SMALL_BYTES else data)

    def push_float(self) -> None:
        """BINFLOAT."""
        self.push(struct.unpack(">d", self._reader.view(8))[0])

    def byte_index(self, size_bytes: int) -> int:
        """An index of the memo."""
        return self._reader.integer(size_bytes)

    def line_index(self) -> int:
        """An index of the memo in decimals."""
        return int(decimal_integer(self.line(), self._budget))

    @property
    def budget(self) -> ReadBudget:
        """What is left of the limits."""
        return self._budget
