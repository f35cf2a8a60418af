"""The drag suite: the same one-point drags for every generator, at landmarks, and what became of each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.evaluate.colour_change import Landmarks, colour_change
from gan.evaluate.landmark_reader import LandmarkReader
from gan.generator import Generator

MARGIN = 0.03  # of the picture: starts and targets keep this from its border
DIRECTIONS_TRIED = 64


@dataclass(frozen=True)
class DragSuite:
    """Which drags. Lengths are shares of the picture's width; directions are any; one seed of the generator
    for each drag, first_seed onwards, at truncation_psi, the program's own default.

    arrival: a handle this near its target has arrived, a share of the width: the same for every generator,
    where the program itself asks half of it of a picture of twice the size. It is what it asks of 64 px.
    movable_margin: None = no mask; else each drag may move only a disc around its way that reaches so much of
    the width beyond both ends.
    """

    drag_count: int = 200
    shortest: float = 0.03
    longest: float = 0.15
    step_limit: int = 150
    arrival: float = 1 / 128
    movable_margin: float | None = None
    truncation_psi: float = 0.7
    first_seed: int = 0
    seed: int = 0


@dataclass(frozen=True)
class PlannedDrag:
    """One drag, before it is known where a generator's picture has its landmarks.

    landmark_order: landmarks in the order in which they are tried: the first inside the picture is taken.
    angles: directions likewise: the first whose target is inside the picture.
    """

    number: int
    picture_seed: int
    length: float
    landmark_order: tuple[int, ...]
    angles: tuple[float, ...]


@dataclass(frozen=True)
class DragOutcome:
    """What became of a drag. Positions are shares of the picture; distances % of its width.

    arrived: whether the handle is within the suite's `arrival` at the end; iterations: until it was so for
    the first time, else all that were made; steps: all, as the program goes on to its own stop distance.
    handle_distance: from the tracked handle to the target; landmark_distance: from the landmark itself, as
    the reader finds it in the picture after. others_moved: mean way of the other landmarks. Colours: CIE76.
    fixed_changed: mean change of the fixed region's values, of 255; None without a mask.
    """

    number: int
    picture_seed: int
    landmark: str
    start: tuple[float, float]
    target: tuple[float, float]
    handle: tuple[float, float]
    landmark_end: tuple[float, float]
    arrived: bool
    iterations: int
    steps: int
    handle_distance: float
    landmark_distance: float
    others_moved: float
    head_colour: float | None
    background_colour: float | None
    fixed_changed: float | None = None


@dataclass(frozen=True)
class PlacedDrag:
    """A plan in a picture: the landmarks (K, 2) found in it, the one that is pulled, from where to where."""

    landmarks: NDArray[np.float64]
    landmark: int
    start: NDArray[np.float64]
    target: NDArray[np.float64]


@dataclass(frozen=True)
class PerformedDrag:
    """An outcome and its pictures (H, W, 3)."""

    outcome: DragOutcome
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


def plan_drags(suite: DragSuite, landmark_count: int) -> list[PlannedDrag]:
    """The suite's drags; drag i is the same in a longer suite."""
    plans: list[PlannedDrag] = []
    for number in range(suite.drag_count):
        source = np.random.default_rng([suite.seed, number])
        plans.append(
            PlannedDrag(
                number=number,
                picture_seed=suite.first_seed + number,
                length=float(source.uniform(suite.shortest, suite.longest)),
                landmark_order=tuple(int(i) for i in source.permutation(landmark_count)),
                angles=tuple(float(a) for a in source.uniform(0, 2 * math.pi, DIRECTIONS_TRIED)),
            )
        )
    return plans


def place_drag(plan: PlannedDrag, landmarks: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """Landmark and target (2,) of a plan in a picture with landmarks (K, 2), shares."""
    inside = [i for i in plan.landmark_order if _is_inside(landmarks[i])]
    # a reader that sees no critter may find all of them on the border: the drag still has to begin somewhere
    landmark = inside[0] if inside else plan.landmark_order[0]
    start = landmarks[landmark].clip(MARGIN, 1 - MARGIN)
    for angle in plan.angles:
        target = start + plan.length * np.array([math.cos(angle), math.sin(angle)])
        if _is_inside(target):
            return landmark, target
    inward = np.array([0.5, 0.5]) - start
    return landmark, start + plan.length * inward / np.linalg.norm(inward)


def movable_disc(
    start: NDArray[np.float64], target: NDArray[np.float64], margin: float, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """The mask (H, W), True = movable, of a drag between two places (2,), shares: the disc around
    their middle that reaches `margin` of the width beyond both. size: (H, W)."""
    height, width = size
    x = (np.arange(width) + 0.5)[None, :] - (start[0] + target[0]) / 2 * width
    y = (np.arange(height) + 0.5)[:, None] - (start[1] + target[1]) / 2 * height
    way_px = np.linalg.norm((target - start) * (width, height))
    return np.hypot(x, y) < way_px / 2 + margin * width


def perform_drag(
    generator: Generator, reader: LandmarkReader, plan: PlannedDrag, suite: DragSuite, params: DragParams
) -> PerformedDrag:
    """One drag with the program's own session, step by step until it has arrived."""
    w_plus = generator.sample(plan.picture_seed, suite.truncation_psi)
    session = DragSession(generator, w_plus, params=params)
    before = session.image()
    placed = placed_drag(reader, plan, before)
    session.add_handle(_to_px(placed.start, generator), _to_px(placed.target, generator))
    mask: NDArray[np.bool_] | None = None
    if suite.movable_margin is not None:
        size = generator.height, generator.width
        mask = movable_disc(placed.start, placed.target, suite.movable_margin, size)
        session.set_mask(mask)
    first_there: int | None = None
    while True:
        result = session.step().to_host()  # sync: whether to go on is decided here
        is_there = bool(result.distances_px[0] <= suite.arrival * generator.width)
        if is_there and first_there is None:
            first_there = result.iteration
        if result.done or not result.finite or result.iteration >= suite.step_limit:
            break
    after = session.image()
    handle = (result.handles[0] + 0.5) / (generator.width, generator.height)
    performed = judged_drag(reader, plan, placed, before, after, handle, is_there)
    outcome = replace(
        performed.outcome,
        iterations=first_there if is_there and first_there is not None else result.iteration,
        steps=result.iteration,
        fixed_changed=None if mask is None else _change(before, after, ~mask),
    )
    return replace(performed, outcome=outcome)


def placed_drag(reader: LandmarkReader, plan: PlannedDrag, before: NDArray[np.uint8]) -> PlacedDrag:
    """A plan in a picture (H, W, 3)."""
    landmarks = _read(reader, before)
    landmark, target = place_drag(plan, landmarks)
    return PlacedDrag(landmarks, landmark, landmarks[landmark].clip(MARGIN, 1 - MARGIN), target)


def judged_drag(
    reader: LandmarkReader,
    plan: PlannedDrag,
    placed: PlacedDrag,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    handle: NDArray[np.float64],
    arrived: bool,
) -> PerformedDrag:
    """What can be told of a drag by its two pictures (H, W, 3). handle: (2,), where it is after, a share.
    Iterations and steps are left at 0."""
    was, now = placed.landmarks, _read(reader, after)
    others = [i for i in range(len(was)) if i != placed.landmark]
    colours = colour_change(before, after, _named(reader, was), _named(reader, now))
    outcome = DragOutcome(
        number=plan.number,
        picture_seed=plan.picture_seed,
        landmark=reader.names[placed.landmark],
        start=_pair(placed.start),
        target=_pair(placed.target),
        handle=_pair(handle),
        landmark_end=_pair(now[placed.landmark]),
        arrived=arrived,
        iterations=0,
        steps=0,
        handle_distance=_percent(handle - placed.target),
        landmark_distance=_percent(now[placed.landmark] - placed.target),
        others_moved=float(np.mean([_percent(now[i] - was[i]) for i in others])),
        head_colour=colours.head,
        background_colour=colours.background,
    )
    return PerformedDrag(outcome, before, after)


def _change(before: NDArray[np.uint8], after: NDArray[np.uint8], region: NDArray[np.bool_]) -> float | None:
    """Mean absolute difference in a region (H, W) of pictures (H, W, 3); None where it is empty."""
    if not region.any():
        return None
    return float(np.abs(after[region].astype(np.float64) - before[region]).mean())


def _read(reader: LandmarkReader, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    return reader.read(torch.as_tensor(picture).permute(2, 0, 1)[None])[0]


def _named(reader: LandmarkReader, landmarks: NDArray[np.float64]) -> Landmarks:
    return dict(zip(reader.names, landmarks, strict=True))


def _is_inside(place: NDArray[np.float64]) -> bool:
    return bool((place >= MARGIN).all() and (place <= 1 - MARGIN).all())


def _to_px(place: NDArray[np.float64], generator: Generator) -> tuple[float, float]:
    """Shares -> image pixels, whose centres are whole numbers."""
    return float(place[0] * generator.width - 0.5), float(place[1] * generator.height - 0.5)


def _percent(difference: NDArray[np.float64]) -> float:
    return 100 * float(np.linalg.norm(difference))


def _pair(place: NDArray[np.float64]) -> tuple[float, float]:
    return float(place[0]), float(place[1])
