"""`ModelContents`: what a reader found in a file, whether or not it can be dragged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from torch import Tensor

from gan.architecture import Architecture
from gan.build import check_tensors
from gan.errors import ModelFileError
from gan.formats.limits import shown
from gan.formats.records import PersistentModule, entries_of, items_of
from gan.formats.tensor_records import StoredTensor

HINT_COUNT = 64
HINT_DEPTH = 3
Hint = str | int | float | bool | None | list["Hint"] | dict[str, "Hint"]


@dataclass(frozen=True)
class StoredProvenance:
    """What the file says about where the model comes from; None = nothing."""

    name: str | None = None
    licence: str | None = None
    training_data: str | None = None
    note: str | None = None
    source_format: str | None = None
    source_sha256: str | None = None


@dataclass(frozen=True)
class ModelContents:
    """A generator file, read but not loaded.

    format: in words, for a person. tensors: the generator's under NVIDIA's names, still in the file.
    architecture: None where it is none that LiveDrag knows; obstacle: then exactly why. discriminator: its
    tensors under
    the file's own names, empty if there is none. training_hints: what the file says about the training.
    ignored: what is in the file and is not used.
    """

    format: str
    tensors: Mapping[str, StoredTensor]
    architecture: Architecture | None
    obstacle: str | None = None
    discriminator: Mapping[str, StoredTensor] = field(default_factory=dict[str, StoredTensor])
    provenance: StoredProvenance = field(default_factory=StoredProvenance)
    training_hints: Mapping[str, Hint] = field(default_factory=dict[str, Hint])
    ignored: tuple[str, ...] = ()

    @property
    def parameter_count(self) -> int:
        """Numbers in the generator."""
        total = 0
        for stored in self.tensors.values():
            count = 1
            for size in stored.shape:
                count *= size
            total += count
        return total

    def load(self, origin: str) -> tuple[dict[str, Tensor], Architecture]:
        """The generator's tensors, checked, and its architecture. Raises ModelFileError with the obstacle.

        Tensors may share the file's memory. origin: the file's name, for messages.
        """
        if self.architecture is None:
            raise ModelFileError(f"{origin} cannot be dragged: {self.obstacle or 'unknown architecture'}")
        try:
            tensors = {name: stored.tensor() for name, stored in self.tensors.items()}
        except ModelFileError as error:
            raise ModelFileError(f"{origin} {error}") from error
        check_tensors(tensors, self.architecture, origin)
        return tensors, self.architecture


def hints_of(value: object, depth: int = HINT_DEPTH) -> dict[str, Hint]:
    """The plain entries of a dictionary, for display: bounded in number, depth and length."""
    hints: dict[str, Hint] = {}
    for key, entry in islice(entries_of(value).items(), HINT_COUNT):
        if isinstance(key, str):
            hint = _hint_of(entry, depth - 1)
            if hint is not None:
                hints[shown(key)] = hint
    return hints


def _hint_of(value: object, depth: int) -> Hint:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool | int | float):
        return value
    if depth <= 0:
        return None
    if isinstance(value, dict):
        return hints_of(cast(object, value), depth) or None
    items = [_hint_of(item, depth - 1) for item in items_of(value)[:8]]
    return [item for item in items if item is not None] or None


def without_program_text(module: PersistentModule) -> str:
    """One line for `ignored`: the source text that the file wants to have run."""
    lines = module.source.count("\n") + 1
    return f"program text of class '{shown(module.class_name)}' ({lines} lines), not run"
