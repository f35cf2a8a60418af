"""`--set NAME=VALUE`: parameters of the drag loop on the command line. Imports nothing heavy."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # torch takes seconds to import: only when a command runs
    from gan.drag_params import DragParams

AUTOMATIC = "automatic"


def add_param_argument(parser: argparse.ArgumentParser) -> None:
    """--set, as often as wanted."""
    parser.add_argument(
        "--set",
        type=_parse,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the drag loop, for example learning_rate=0.01; may be repeated",
    )


def changed_params(params: DragParams, changes: Sequence[tuple[str, str]]) -> DragParams:
    """`params` with the changes of --set. Raises UsageError for a name that there is not, EditError for a
    value that is not allowed."""
    from app.errors import UsageError
    from gan.drag_params import PARAM_RANGES

    for name, text in changes:
        if name not in PARAM_RANGES:
            raise UsageError(f"there is no parameter '{name}'; there are {', '.join(PARAM_RANGES)}")
        params = replace(params, **{name: _value(text)})
    return params


def _parse(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"'{text}' sets nothing; give NAME=VALUE, for example whitening=0")
    return name.strip(), value.strip()


def _value(text: str) -> Any:
    """A number where it reads like one; what is allowed `DragParams` knows."""
    if text == AUTOMATIC:
        return None
    for read in (int, float):
        with contextlib.suppress(ValueError):
            return read(text)
    return text
