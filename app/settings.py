"""`Settings`: everything of the settings file, as one frozen dataclass; and how a table of it is checked.

A wrong or unknown entry costs one line and its own default, never the start.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import msgspec

Theme = Literal["dark", "light"]
MIN_SCALE, MAX_SCALE = 1.0, 2.5
Scale = Annotated[float, msgspec.Meta(ge=MIN_SCALE, le=MAX_SCALE)] | Literal["automatic"]
Pixels = Annotated[int, msgspec.Meta(ge=-20_000, le=20_000)]
Length = Annotated[int, msgspec.Meta(ge=0, le=20_000)]


def _says(allowed: str, about: str) -> dict[str, str]:
    """Of a field of the file. allowed: what may be written. about: its comment in the file."""
    return {"allowed": allowed, "about": about}


@dataclass(frozen=True)
class Layout:
    """How the window was left, written by the program. Screen px, but the side panel's width is at 100 %."""

    x: Pixels = field(default=40, metadata=_says("a whole number of px", "left edge"))
    y: Pixels = field(default=40, metadata=_says("a whole number of px", "upper edge"))
    width: Length = field(default=0, metadata=_says("a whole number of px", "0 = as large as is comfortable"))
    height: Length = field(
        default=0, metadata=_says("a whole number of px", "0 = as large as is comfortable")
    )
    side_width: Length = field(
        default=328, metadata=_says("a whole number of px", "the side panel, px at 100 %")
    )
    first_drag_done: bool = field(
        default=False, metadata=_says("true or false", "the hint over the picture is not needed any more")
    )


@dataclass(frozen=True)
class Settings:
    """What a person may set; the comments of the file are the `about` of the fields."""

    theme: Theme = field(default="dark", metadata=_says('"dark" or "light"', "colours of the window"))
    scale: Scale = field(
        default="automatic",
        metadata=_says('"automatic" or 1.0 to 2.5', "size of texts and controls"),
    )
    visible_mark: bool = field(
        default=True,
        metadata=_says("true or false", "a small mark in exported pictures says that a model made them"),
    )
    vsync: bool = field(
        default=False, metadata=_says("true or false", "frames wait for the screen's refresh")
    )
    latency_hiding: bool = field(
        default=True,
        metadata=_says("true or false", "the picture is pulled along while the next one is made"),
    )
    half_layers: bool = field(
        default=False,
        metadata=_says(
            "true or false",
            "drags compute fine layers in 16 bits; for GPUs, its gain not measured; slower without one",
        ),
    )
    keys: dict[str, str] = field(default_factory=dict[str, str])  # chords by the id of their action
    panels: dict[str, bool] = field(default_factory=dict[str, bool])  # which are open, by title
    layout: Layout = field(default_factory=Layout)


T = TypeVar("T")


def settings_from(table: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings of a parsed file, and one line for every entry that cannot be used."""
    problems: list[str] = []
    nested: dict[str, Any] = {}
    for name, kind, allowed in (("keys", str, 'such as "Ctrl+Z"'), ("panels", bool, "true or false")):
        nested[name] = _entries(name, table.get(name, {}), kind, allowed, problems)
    layout = table.get("layout", {})
    if isinstance(layout, Mapping):
        nested["layout"] = _checked(Layout, layout, "layout.", problems)
    else:
        problems.append(f"layout = {layout!r} is no table; write [layout] above its entries")
    rest = {name: value for name, value in table.items() if name not in ("keys", "panels", "layout")}
    return dataclasses.replace(_checked(Settings, rest, "", problems), **nested), problems


def _checked(kind: type[T], table: Mapping[str, Any], prefix: str, problems: list[str]) -> T:
    hints = get_type_hints(kind, include_extras=True)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.metadata}  # type: ignore[arg-type]
    good: dict[str, Any] = {}
    for name, value in table.items():
        if name not in fields:
            near = ", ".join(difflib.get_close_matches(name, fields, 3, 0.0))
            problems.append(f"{prefix}{name}: there is no such setting; near it: {near}")
            continue
        try:
            good[name] = msgspec.convert(value, hints[name])
        except msgspec.ValidationError:
            problems.append(
                f"{prefix}{name} = {value!r}: allowed is {fields[name].metadata['allowed']}; "
                f"{fields[name].default!r} is used"
            )
    return kind(**good)


def _entries(name: str, table: Any, kind: type[T], allowed: str, problems: list[str]) -> dict[str, T]:
    if not isinstance(table, Mapping):
        problems.append(f"{name} = {table!r} is no table; write [{name}] above its entries")
        return {}
    good: dict[str, T] = {}
    for key, value in table.items():
        if isinstance(value, kind):
            good[str(key)] = value
        else:
            problems.append(f"{name}.{key} = {value!r}: allowed is {allowed}; the default is used")
    return good
