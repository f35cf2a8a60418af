"""Numbers on the command line: each reader says what was given and what is allowed. Imports nothing heavy.

What a reader raises becomes one line of argparse's, with the option's name before it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import NoReturn

LONGEST_QUOTE = 40  # letters of what was given


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers, both ends allowed."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            _refuse(text, "is no whole number", f"one from {low} to {high}")
        if not low <= number <= high:
            _refuse(text, "is out of range", f"a whole number {low} to {high}")
        return number

    return read


def number(low: float, high: float, above: bool = False, hint: str = "") -> Callable[[str], float]:
    """A reader of numbers, both ends allowed. above: but not the low one. hint: what else is to be said."""
    span = f"above {low:g}, at most {high:g}" if above else f"{low:g} to {high:g}"
    allowed = f"{span}, {hint}" if hint else span

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            _refuse(text, "is no number", f"one {'' if above else 'from '}{allowed}")
        if not low <= value <= high or (above and value == low):
            _refuse(text, "is out of range", f"a number {allowed}")
        return value

    return read


def _refuse(text: str, why: str, allowed: str) -> NoReturn:
    given = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."
    raise argparse.ArgumentTypeError(f"'{given}' {why}; give {allowed}")
