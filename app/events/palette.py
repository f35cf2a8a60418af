"""The command palette."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TogglePalette:
    """Opens or closes it."""


@dataclass(frozen=True)
class TypeInPalette:
    """Adds to what is searched for."""

    text: str


@dataclass(frozen=True)
class EraseInPalette:
    """Takes the last letter back."""


@dataclass(frozen=True)
class MoveInPalette:
    """Chooses the next (+1) or previous (-1) line."""

    by: int


@dataclass(frozen=True)
class RunFromPalette:
    """Does an action and closes; index: of the line, None = the chosen one."""

    index: int | None = None


PaletteEvent = TogglePalette | TypeInPalette | EraseInPalette | MoveInPalette | RunFromPalette
