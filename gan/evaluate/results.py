"""What an evaluation found, as plain values: written as JSON, shown as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from gan.drag_params import DragParams
from gan.evaluate.drag_suite import DragOutcome, DragSuite
from gan.evaluate.landmark_reader import HeldOutError


@dataclass(frozen=True)
class Likeness:
    """Samples against as many renders, on the common scale. precision and recall 0..1; sharpness: ratio of
    root mean detail energies, 1 = as sharp as renders. The features are EfficientNet-Lite0's: the distance is
    none of the published FIDs and is comparable within this program only."""

    sample_count: int
    frechet_distance_efficientnet_lite0: float
    precision: float
    recall: float
    sharpness: float


@dataclass(frozen=True)
class DragSummary:
    """The suite in numbers, over all drags, arrived or not. Distances % of the picture's width, colours
    CIE76, the fixed region's change of 255 (None without masks); believable: shares of the suite's pictures
    that lie among the renders (precision). mean_iterations: None where nothing was dragged."""

    drag_count: int
    arrived_count: int
    arrived_share: float
    median_landmark_distance: float
    mean_landmark_distance: float
    median_handle_distance: float
    mean_handle_distance: float
    mean_iterations: float | None
    mean_others_moved: float
    mean_head_colour: float | None
    mean_background_colour: float | None
    believable_before: float
    believable_after: float
    mean_fixed_changed: float | None = None

    @staticmethod
    def of(outcomes: Sequence[DragOutcome], believable: tuple[float, float]) -> DragSummary:
        """Of at least one outcome, and the shares of believable pictures before and after."""
        landmark = [outcome.landmark_distance for outcome in outcomes]
        handle = [outcome.handle_distance for outcome in outcomes]
        arrived = sum(outcome.arrived for outcome in outcomes)
        return DragSummary(
            drag_count=len(outcomes),
            arrived_count=arrived,
            arrived_share=arrived / len(outcomes),
            median_landmark_distance=median(landmark),
            mean_landmark_distance=fmean(landmark),
            median_handle_distance=median(handle),
            mean_handle_distance=fmean(handle),
            mean_iterations=fmean(outcome.iterations for outcome in outcomes),
            mean_others_moved=fmean(outcome.others_moved for outcome in outcomes),
            mean_head_colour=_mean([outcome.head_colour for outcome in outcomes]),
            mean_background_colour=_mean([outcome.background_colour for outcome in outcomes]),
            believable_before=believable[0],
            believable_after=believable[1],
            mean_fixed_changed=_mean([outcome.fixed_changed for outcome in outcomes]),
        )


@dataclass(frozen=True)
class ModelResult:
    """One generator. None: not judged, `notes` says why.

    sample_inconsistency: of the landmark reader on its samples, % of the width. detail: root mean square of
    the finest band, where there are no renders to compare with.
    """

    name: str
    file: str
    sha256: str
    width: int
    height: int
    likeness: Likeness | None = None
    sample_inconsistency: float | None = None
    drags: DragSummary | None = None
    outcomes: tuple[DragOutcome, ...] = ()
    notes: tuple[str, ...] = ()
    detail: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Everything that one run found. critters: the suite done to critters themselves, instead of to a
    generator (`gan.evaluate.critter_drags`); None where nothing was dragged, or with masks. params: of the
    drags. device: of the generators. cpu_seconds: by part, of this run only; what was kept from an earlier
    one cost nothing."""

    models: tuple[ModelResult, ...]
    critters: ModelResult | None
    landmark_reader: HeldOutError | None
    compared_at_px: int
    sample_count: int
    suite: DragSuite
    params: DragParams
    device: str
    render_count: int
    renders: str | None
    cpu_seconds: dict[str, float]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
