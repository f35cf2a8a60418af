"""A list of edits to show, as a small JSON file: what is pulled from where to where, and how it is called.

    [{"name": "mouth-opens", "title": "Chin down: the mouth opens", "at": "chin", "by": [0, 0.07],
      "movable": [{"at": "lip", "radius": 0.2}]}]

A place is the name of a landmark, found in the picture, or a point [x, y]. All numbers are shares of the
picture's size, so that a list serves generators of any resolution.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from app.errors import OutputError, UsageError
from app.session.edits import PSI_RANGE
from app.session.painted_mask import MOVABLE, PaintedMask
from gan.critters.landmarks import LANDMARK_NAMES
from gan.drag_params import PARAM_RANGES
from gan.generator import SEED_LIMIT

Point = tuple[float, float]  # (x, y), shares: 0 the left or top edge, 1 the other one
Place = str | Point
Found = Mapping[str, Point]  # where a picture's landmarks are

STEP_LIMIT = 150
ROWS = PARAM_RANGES["optimised_row_count"]


class Disc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A round region. radius: a share of the picture's width."""

    at: Place
    radius: float


class ListedEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One edit. name: of its files; title: under its pictures.

    at, offset: the handle point is `offset` away from the place `at`; by: the target point is so far from it.
    movable: what may move; empty = everything. seed: the picture; None = the best of several is taken, which
    needs a landmark. psi: truncation. steps: at most. rows: how
    many of the first rows of w+ may change, for details that a generator keeps in later ones; None = as many
    as by default.
    """

    name: str
    title: str
    at: Place
    by: Point
    offset: Point = (0.0, 0.0)
    movable: tuple[Disc, ...] = ()
    seed: int | None = None
    psi: float = 0.7
    steps: int = STEP_LIMIT
    rows: int | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place that the edit speaks of."""
        return (self.at, *(disc.at for disc in self.movable))

    @property
    def needs_landmarks(self) -> bool:
        """Whether a place is to be found in the picture."""
        return any(isinstance(place, str) for place in self.places)

    def handle(self, found: Found) -> Point:
        """The handle point."""
        return _sum(_point(self.at, found), self.offset)

    def target(self, found: Found) -> Point:
        """The target point."""
        return _sum(self.handle(found), self.by)

    def settled(self, seed: int, found: Found) -> ListedEdit:
        """The same edit on that seed's picture, with points in place of landmarks."""
        movable = tuple(Disc(_point(disc.at, found), disc.radius) for disc in self.movable)
        return msgspec.structs.replace(
            self, at=self.handle(found), offset=(0.0, 0.0), movable=movable, seed=seed
        )

    def mask(self, size: tuple[int, int], found: Found) -> PaintedMask | None:
        """What may move, painted, of a picture of size (width, height); None = everything."""
        if not self.movable:
            return None
        width, height = size
        y, x = np.mgrid[0:height, 0:width] + 0.5
        painted = np.zeros((height, width), np.uint8)
        for disc in self.movable:
            place = _point(disc.at, found)
            away = np.hypot(x - place[0] * width, y - place[1] * height)
            painted[away <= disc.radius * width] = MOVABLE
        return painted


def load_edits(path: Path) -> list[ListedEdit]:
    """The edits of a file, in its order. Raises UsageError where it is not one."""
    try:
        edits = msgspec.json.decode(path.read_bytes(), type=list[ListedEdit])
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {error.strerror}; give a list of edits (.json)") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            f"'{path}' is not a list of edits: {error}; see assets/edits.json for one"
        ) from error
    if not edits:
        raise UsageError(f"'{path}' lists no edits; see assets/edits.json for some")
    names = [edit.name for edit in edits]
    for edit in edits:
        problem = _problem(edit)
        if names.count(edit.name) > 1:
            problem = "there are two of that name; give each its own"
        if problem:
            raise UsageError(f"'{path}': the edit '{edit.name}' cannot be done: {problem}")
    return edits


def save_edits(path: Path, edits: list[ListedEdit]) -> None:
    """Writes a list that `load_edits` reads. Raises OutputError."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(edits), indent=2) + b"\n")
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}; choose another folder") from error


def _problem(edit: ListedEdit) -> str | None:
    """What is wrong with it, and what would be right."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", edit.name):
        return "a name is of small letters, digits and '-', as it names files"
    for place in edit.places:
        if isinstance(place, str) and place not in LANDMARK_NAMES:
            return f"'{place}' is no landmark; there are {', '.join(LANDMARK_NAMES)}"
    points = [place for place in edit.places if not isinstance(place, str)]
    if not isinstance(edit.at, str):
        points += [edit.handle({}), edit.target({})]
    for x, y in points:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return f"the point {x:g}, {y:g} is outside the picture; give shares from 0 to 1"
    if edit.by == (0.0, 0.0):
        return "its target is its handle; give 'by' a way to go"
    if any(disc.radius <= 0 for disc in edit.movable):
        return "a disc's radius must be above 0"
    if edit.seed is None and not isinstance(edit.at, str):
        return "a point belongs to one picture; give its 'seed'"
    if edit.seed is not None and not 0 <= edit.seed < SEED_LIMIT:
        return f"the seed {edit.seed} is out of range; give 0 to {SEED_LIMIT - 1}"
    if not PSI_RANGE[0] <= edit.psi <= PSI_RANGE[1]:
        return f"the psi {edit.psi:g} is out of range; give {PSI_RANGE[0]:g} to {PSI_RANGE[1]:g}"
    if not 1 <= edit.steps <= 10_000:
        return f"{edit.steps} steps are out of range; give 1 to 10000"
    if edit.rows is not None and not ROWS.minimum <= edit.rows <= ROWS.maximum:
        return f"{edit.rows} rows are out of range; give {ROWS.minimum:g} to {ROWS.maximum:g}"
    return None


def _point(place: Place, found: Found) -> Point:
    return found[place] if isinstance(place, str) else place


def _sum(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1]
