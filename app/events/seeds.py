"""Seeds' pictures to start from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SetSeed:
    """Starts from a seed's picture; None = a random one."""

    seed: int | None


@dataclass(frozen=True)
class TypeSeed:
    """Starts from the seed in the seed field, as it was typed."""

    text: str


@dataclass(frozen=True)
class ChangeSeed:
    """The next (+1) or previous (-1) seed."""

    by: int


SeedEvent = SetSeed | TypeSeed | ChangeSeed
