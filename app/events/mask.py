"""The mask as a whole; strokes are pointer events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class InvertMask:
    """Movable becomes fixed and fixed movable."""


@dataclass(frozen=True)
class ClearMask:
    """Everything may move again."""


@dataclass(frozen=True)
class LoadMask:
    """Reads a mask from a PNG file."""

    path: Path


@dataclass(frozen=True)
class SaveMask:
    """Writes the mask to a PNG file."""

    path: Path


MaskEvent = InvertMask | ClearMask | LoadMask | SaveMask
