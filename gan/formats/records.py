"""What a pickle's calls become here: plain records that do nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

from gan.errors import ModelFileError
from gan.formats.limits import ReadBudget


class NestedReader(Protocol):
    """Reads a storage that was saved as a file of its own inside a pickle."""

    def __call__(self, data: memoryview[int] | bytes, budget: ReadBudget) -> object:
        """The record in these bytes."""
        ...


@dataclass(frozen=True)
class CallContext:
    """What a record may need to be made."""

    budget: ReadBudget
    read_nested: NestedReader


RecordMaker = Callable[[tuple[object, ...], CallContext], object]


@dataclass(frozen=True)
class AllowedGlobal:
    """A name that a pickle may mention. `make` turns a call of it into a record; None: it is only a name."""

    module: str
    name: str
    make: RecordMaker | None = None

    @property
    def qualified(self) -> str:
        """module.name"""
        return f"{self.module}.{self.name}"


class Buildable(Protocol):
    """A record that pickle's BUILD gives its state to."""

    def build(self, state: object) -> None:
        """Takes the state over. Raises ModelFileError for one of the wrong kind."""
        ...


@dataclass
class ObjectRecord:
    """An instance of a class that is known by name only: its attributes, and no behaviour."""

    class_name: str
    state: dict[str, object] = field(default_factory=dict[str, object])

    def build(self, state: object) -> None:
        """Attributes by name; a pair of them where the class has slots."""
        pair = items_of(state)
        self.state |= string_dict(pair[0] if len(pair) == 2 else state, f"the state of a {self.class_name}")


@dataclass(frozen=True)
class PersistentModule:
    """One network of NVIDIA's code bases: its class name, attributes, and source text that is never run."""

    class_name: str
    source: str
    state: dict[str, object]


@dataclass(frozen=True)
class Unsupported:
    """A value that may be in the file but is nothing that a generator needs, kept as a name."""

    what: str


def entries_of(value: object) -> dict[object, object]:
    """`value` if it is a dictionary, else an empty one."""
    return cast(dict[object, object], value) if isinstance(value, dict) else {}


def items_of(value: object) -> list[object]:
    """`value` as a list if it is a list or tuple, else an empty one. (Not copied: not to be changed.)"""
    return cast(list[object], value) if isinstance(value, list | tuple) else []


def string_dict(value: object, what: str) -> dict[str, object]:
    """`value` as a dictionary with text keys. Raises ModelFileError, saying `what` was expected to be one."""
    if not isinstance(value, dict):
        raise ModelFileError(f"has {what} that is no dictionary")
    entries = cast(dict[object, object], value)
    if not all(isinstance(key, str) for key in entries):
        raise ModelFileError(f"has {what} with keys that are no text")
    return cast(dict[str, object], entries)


def size_tuple(value: object, what: str) -> tuple[int, ...]:
    """`value` as a tuple of whole numbers. Raises ModelFileError."""
    if not isinstance(value, tuple | list):
        raise ModelFileError(f"has {what} that is no tuple")
    numbers = cast(list[object], value)
    if len(numbers) > 8 or not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
        raise ModelFileError(f"has {what} that is no tuple of a few whole numbers")
    return cast(tuple[int, ...], tuple(numbers))
