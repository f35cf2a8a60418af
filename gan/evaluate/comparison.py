"""The rows of the table: what is compared, which way is better, and who is better by how much."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gan.evaluate.results import ModelResult

Better = Literal["lower", "higher", "nearer to 1"]


@dataclass(frozen=True)
class Measure:
    """One row. digits: after the point; scale: from the stored number to the shown one."""

    key: str
    label: str
    better: Better
    value: Callable[[ModelResult], float | None]
    digits: int = 2
    scale: float = 1.0

    def badness(self, value: float) -> float:
        """Lower is better, whichever way the measure goes."""
        if self.better == "nearer to 1":
            return abs(math.log(value)) if value > 0 else math.inf
        return value if self.better == "lower" else -value

    def shown(self, value: float | None) -> str:
        """For the table; a dash where it was not judged."""
        return "-" if value is None else f"{value * self.scale:.{self.digits}f}"


@dataclass(frozen=True)
class Row:
    """A measure of every model in turn. best: index of the best one, None with fewer than two values or where
    the shown digits are equal."""

    measure: Measure
    values: tuple[float | None, ...]
    best: int | None


def _likeness(name: str) -> Callable[[ModelResult], float | None]:
    return lambda result: None if result.likeness is None else getattr(result.likeness, name)


def _drags(name: str) -> Callable[[ModelResult], float | None]:
    return lambda result: None if result.drags is None else getattr(result.drags, name)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "frechet",
        "Fréchet distance, EfficientNet-Lite0",
        "lower",
        _likeness("frechet_distance_efficientnet_lite0"),
    ),
    Measure("precision", "precision, %", "higher", _likeness("precision"), 1, 100),
    Measure("recall", "recall, %", "higher", _likeness("recall"), 1, 100),
    Measure("sharpness", "sharpness, 1 = as renders", "nearer to 1", _likeness("sharpness")),
    Measure("detail", "fine detail, rms of brightness", "higher", lambda result: result.detail, 4),
    Measure("arrived", "drags that arrive, %", "higher", _drags("arrived_share"), 1, 100),
    Measure(
        "landmark", "landmark to target, median, % of width", "lower", _drags("median_landmark_distance")
    ),
    Measure(
        "landmark_mean", "landmark to target, mean, % of width", "lower", _drags("mean_landmark_distance")
    ),
    Measure(
        "handle", "tracked handle to target, median, % of width", "lower", _drags("median_handle_distance")
    ),
    Measure(
        "handle_mean", "tracked handle to target, mean, % of width", "lower", _drags("mean_handle_distance")
    ),
    Measure("iterations", "iterations until there, mean", "lower", _drags("mean_iterations"), 1),
    Measure("others", "other landmarks moved, mean, % of width", "lower", _drags("mean_others_moved")),
    Measure("believable", "believable before the drag, %", "higher", _drags("believable_before"), 1, 100),
    Measure("believable_after", "believable after it, %", "higher", _drags("believable_after"), 1, 100),
    Measure("head", "head colour's change, CIE76", "lower", _drags("mean_head_colour")),
    Measure("background", "background colour's change, CIE76", "lower", _drags("mean_background_colour")),
    Measure("fixed", "fixed region's change, of 255", "lower", _drags("mean_fixed_changed")),
)


def compare(models: Sequence[ModelResult]) -> list[Row]:
    """A row for every measure that was judged for at least one model."""
    rows: list[Row] = []
    for measure in MEASURES:
        values = tuple(measure.value(model) for model in models)
        if any(value is not None for value in values):
            rows.append(Row(measure, values, _best(measure, values)))
    return rows


def _best(measure: Measure, values: Sequence[float | None]) -> int | None:
    known = sorted((measure.badness(v), i) for i, v in enumerate(values) if v is not None)
    if len(known) < 2 or measure.shown(values[known[0][1]]) == measure.shown(values[known[1][1]]):
        return None
    return known[0][1]
