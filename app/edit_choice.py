"""Performing listed edits on a generator, and choosing for each the picture that shows it best."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.edit_list import Found, ListedEdit, Point
from app.errors import UsageError
from app.movie.edit_path import EditPath, Scene
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, set_mask_edit
from app.session.step_outcomes import step_and_hear
from gan.drag_params import DragParams
from gan.evaluate.colour_change import colour_change
from gan.evaluate.landmark_reader import LandmarkReader
from gan.evaluate.sharpness import detail_energy, sharpness_ratio
from gan.generator import Generator, to_uint8

log = logging.getLogger(__name__)

MARGIN = 0.02  # of the picture: handles and targets of chosen pictures keep this from its border
COLOUR_WEIGHT = 0.05  # a just noticeable change of colour (2.3) counts as a ninth of the way missed
BLUR_WEIGHT = 1.0  # of the share of fine detail that was lost
EFFORT_WEIGHT = 0.2  # of steps that were needed, as a share of those that were allowed


@dataclass(frozen=True)
class ShownEdit:
    """An edit that was performed. edit: on its seed, with points; before, after: pictures (H, W, 3)."""

    edit: ListedEdit
    session: EditSession
    scenes: tuple[Scene, ...]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    arrived: bool
    iterations: int


def perform(generator: Generator, edit: ListedEdit) -> ShownEdit:
    """An edit that has a seed and no landmarks, as the program performs any."""
    assert edit.seed is not None
    handle, target = edit.handle({}), edit.target({})
    params = DragParams(optimised_row_count=edit.rows)
    session = EditSession(generator, StartFromSeed(edit.seed, edit.psi), params)
    painted = edit.mask((generator.width, generator.height), {})
    if painted is not None:
        session.apply(set_mask_edit(painted))
    session.begin(edit.title)
    session.apply(AddHandle(0, _to_px(handle, generator), _to_px(target, generator)))
    path = EditPath(edit.steps, session.session.w_plus.numel() * 4)
    while True:
        path.note_before(session)
        result = step_and_hear(session, log.warning)
        if result.finite:  # else there was no step
            path.note_step(session)
        if result.done or not result.finite or session.step_count >= edit.steps:
            break
    path.note_end(session)
    after = session.session.image()
    return ShownEdit(edit, session, path.scenes(), session.start, after, result.done, session.step_count)


def perform_best(
    generator: Generator,
    edit: ListedEdit,
    reader: LandmarkReader | None,
    seeds: Iterable[int],
    advance: Callable[[str], None],
) -> ShownEdit:
    """The edit on its own seed, else on that of `seeds` where it comes out best.

    reader: finds landmarks; None where the edit has none. advance: called after every try. Raises UsageError
    where no picture has room for it.
    """
    if not edit.needs_landmarks:
        shown = perform(generator, edit)
        advance(edit.name)
        return shown
    assert reader is not None
    best: tuple[float, ShownEdit] | None = None
    for seed in seeds if edit.seed is None else (edit.seed,):
        before = _image(generator, seed, edit.psi)
        found = landmarks(reader, before)
        settled = edit.settled(seed, found)
        if all(_is_inside(point) for point in (settled.handle({}), settled.target({}))):
            shown = perform(generator, settled)
            tried = badness(shown, edit, reader, found)
            if best is None or tried < best[0]:
                best = tried, shown
        advance(edit.name)
    if best is None:
        raise UsageError(
            f"in no picture that was tried there is room for the edit '{edit.name}'; "
            "give it another seed, a shorter way, or more --tries"
        )
    return best[1]


def badness(shown: ShownEdit, edit: ListedEdit, reader: LandmarkReader, was: Found) -> float:
    """How badly an edit came out, 0 = perfectly: not arrived, the landmark left behind although its handle
    arrived, colours that changed, detail that was lost, many steps."""
    now = landmarks(reader, shown.after)
    total = 0.0 if shown.arrived else 1.0
    if isinstance(edit.at, str) and edit.offset == (0.0, 0.0):
        total += math.dist(now[edit.at], edit.target(was)) / math.hypot(*edit.by)
    as_arrays = [{name: np.array(place) for name, place in places.items()} for places in (was, now)]
    colours = colour_change(shown.before, shown.after, *as_arrays)
    total += COLOUR_WEIGHT * ((colours.head or 0.0) + (colours.background or 0.0))
    total += BLUR_WEIGHT * max(0.0, 1 - sharpness_ratio(_detail(shown.after), _detail(shown.before)))
    return total + EFFORT_WEIGHT * shown.iterations / edit.steps


def landmarks(reader: LandmarkReader, picture: NDArray[np.uint8]) -> Found:
    """Where they are in a picture (H, W, 3)."""
    places = reader.read(torch.as_tensor(picture).permute(2, 0, 1)[None])[0]
    return {name: (float(x), float(y)) for name, (x, y) in zip(reader.names, places, strict=True)}


def _image(generator: Generator, seed: int, psi: float) -> NDArray[np.uint8]:
    return to_uint8(generator.image(generator.sample(seed, psi))).cpu().numpy()  # sync: read on the host


def _detail(picture: NDArray[np.uint8]) -> Tensor:
    """Energy of the finest band of a picture (H, W, 3), (1,)."""
    return detail_energy(torch.as_tensor(picture).permute(2, 0, 1)[None].float() / 127.5 - 1)


def _is_inside(point: Point) -> bool:
    return all(MARGIN <= number <= 1 - MARGIN for number in point)


def _to_px(point: Point, generator: Generator) -> Point:
    """Shares -> image pixels, whose centres are whole numbers; the edge is its outermost pixel."""
    size = (generator.width, generator.height)
    x, y = (min(max(s * n - 0.5, 0.0), n - 1.0) for s, n in zip(point, size, strict=True))
    return x, y
