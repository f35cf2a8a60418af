"""`DragParams`: every number of the drag loop that a person could want to change, with range and meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from gan.errors import EditError

LatentSpace = Literal["w+", "w"]
StepOrder = Literal["track-then-supervise", "supervise-then-track"]
TrackingNorm = Literal["l2", "l1"]
ReadKernel = Literal["b-spline", "bilinear"]
AutomaticParam = Literal["optimised_row_count", "feature_resolution"]

PUBLISHED_ROWS = 6
LEAST_FULL_ROWS = 3  # fewer can hardly turn a head; measured on generators of 64 to 256 px
COARSE_CELLS = 32
PLACES_PER_CELL = 8  # that features tell apart


@dataclass(frozen=True)
class ParamRange:
    """What a panel needs to show one parameter: plain words, and either a range or the choices."""

    help: str
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 0.0
    choices: tuple[str, ...] = ()


PARAM_RANGES: dict[str, ParamRange] = {
    "learning_rate": ParamRange("How far the latent moves in one step (Adam).", 1e-5, 0.1, 1e-4),
    "momentum_shedding": ParamRange(
        "How much of a drag's swing goes when it points away from the target; 0 = none, as published.",
        0.0,
        1.0,
        0.05,
    ),
    "latent_space": ParamRange("w+ moves every row by itself, w moves them all alike.", choices=("w+", "w")),
    "optimised_row_count": ParamRange(
        "How many of the first rows of w+ may change; automatic = 6, as published.", 1, 18, 1
    ),
    "row_fading": ParamRange(
        "How much less each finer row moves than the one before, where nothing is fixed; 0 = all alike.",
        0.0,
        1.0,
        0.05,
    ),
    "whitening": ParamRange(
        "How much steps follow the way in which the generator's own pictures vary; 0 = plain w+, 1 = wholly.",
        0.0,
        1.0,
        0.05,
    ),
    "masked_whitening": ParamRange(
        "Naturalness while a region is fixed: what a mask leaves free is often something that varies little.",
        0.0,
        1.0,
        0.05,
    ),
    "supervision_radius": ParamRange("Radius of the patch that is pulled along, in 512ths.", 1.0, 16.0, 0.5),
    "tracking_radius": ParamRange("How far a handle is looked for after a step, in 512ths.", 2.0, 48.0, 1.0),
    "mask_weight": ParamRange("How firmly the fixed region is held.", 0.0, 200.0, 1.0),
    "mask_smoothing": ParamRange(
        "Small changes of the fixed region, below this share of the features, hold less; 0 = as published.",
        0.0,
        1.0,
        0.05,
    ),
    "order": ParamRange(
        "Which half of a step comes first.", choices=("supervise-then-track", "track-then-supervise")
    ),
    "tracking_norm": ParamRange("Distance between features when tracking.", choices=("l2", "l1")),
    "tracking_kernel": ParamRange(
        "How features are read for tracking: b-spline follows a place evenly; bilinear, as published, jumps "
        "from feature cell to feature cell. A change reads again what the handles hold on to.",
        choices=("b-spline", "bilinear"),
    ),
    "tracking_subdivision": ParamRange("Tracking positions per pixel; 1 = whole pixels.", 1, 8, 1),
    "stop_distance": ParamRange(
        "A handle this near its target has arrived, in 512ths; tracked between pixels, at least an eighth of "
        "a feature cell.",
        0.0,
        16.0,
        0.25,
    ),
    "minimum_stop_px": ParamRange("The stop distance is never below this, in pixels.", 0.05, 8.0, 0.05),
    "many_handle_count": ParamRange(
        "With more handles than this the stop distance doubles; 0 = never.", 0, 100, 1
    ),
    "supervised_beyond_px": ParamRange(
        "A handle is pulled while it is further away than this.", 0.0, 4.0, 0.05
    ),
    "feature_resolution": ParamRange(
        "Block whose features are used; automatic = the generator's own.", 4, 1024, 1
    ),
}


@dataclass(frozen=True)
class DragParams:
    """Parameters of one drag; the field order is the order of ALGORITHM's table. Only JSON-able values.

    Radii are in 1/512 of a picture whose feature map has 128 cells, `stop_distance` in 1/512 of any picture
    (`stop_distance_px` has its lower limits). `supervision_radius` is r1 (discs are |q - p| < r1),
    `tracking_radius` r2, `mask_weight` lambda; `mask_smoothing`: see `gan.mask_term`. The order
    'supervise-then-track' publishes handles that fit the latest latent. Raises EditError for a value outside
    `PARAM_RANGES`.

    `whitening` takes steps in coordinates in which the generator's own latents vary alike
    (`gan.latent_spread`), by a power of their deviations. The defaults are what measured best with `livedrag
    evaluate` and its `--set`; tests/benchmarks/results has the table. In plain w+ a drag leaves sooner what
    the network has learnt: fewer of the pictures after it are believable, and the thing that was grabbed ends
    further from its handle. Under a mask steps are plain: what a mask leaves free, such as an ear's size,
    often varies little, so that whitened steps hardly reach it, and what they would move instead is held.
    `row_fading`: the first rows move large parts together, as a turning head; later ones bend them where they
    are pulled, which looks natural only in small amounts, but is what a mask asks for: under it none fades.
    `momentum_shedding` (`gan.adam.without_ascent`): a handle overshoots its target less, in fewer steps.
    `tracking_kernel` (`gan.feature_grid`): with the published bilinear reads a handle is found at the place
    within a cell at which its reference was read, and jumps a cell at a time.
    """

    learning_rate: float = 2e-2
    momentum_shedding: float = 1.0
    latent_space: LatentSpace = "w+"
    optimised_row_count: int | None = None
    row_fading: float = 0.5
    whitening: float = 0.75
    masked_whitening: float = 0.0
    supervision_radius: float = 6.0
    tracking_radius: float = 12.0
    mask_weight: float = 20.0
    mask_smoothing: float = 0.1
    order: StepOrder = "supervise-then-track"
    tracking_norm: TrackingNorm = "l2"
    tracking_kernel: ReadKernel = "b-spline"
    tracking_subdivision: int = 4
    stop_distance: float = 1.0
    minimum_stop_px: float = 0.5
    many_handle_count: int = 0
    supervised_beyond_px: float = 0.25
    feature_resolution: int | None = None

    @classmethod
    def paper(cls) -> DragParams:
        """The values of the paper (section 4): L1 tracking, 1 px to stop up to 5 handles, then 2 px."""
        return cls(
            learning_rate=2e-3,
            momentum_shedding=0.0,
            optimised_row_count=6,
            row_fading=0.0,
            whitening=0.0,
            masked_whitening=0.0,
            supervision_radius=3.0,
            mask_smoothing=0.0,
            order="supervise-then-track",
            tracking_norm="l1",
            tracking_kernel="bilinear",
            tracking_subdivision=1,
            stop_distance=1.0,
            minimum_stop_px=1.0,
            many_handle_count=5,
            supervised_beyond_px=1.0,
        )

    @classmethod
    def released(cls) -> DragParams:
        """The values of the authors' program, in its order."""
        return cls(
            learning_rate=1e-3,
            momentum_shedding=0.0,
            optimised_row_count=6,
            row_fading=0.0,
            whitening=0.0,
            masked_whitening=0.0,
            supervision_radius=3.0,
            mask_smoothing=0.0,
            order="track-then-supervise",
            tracking_norm="l2",
            tracking_kernel="bilinear",
            tracking_subdivision=1,
            stop_distance=2.0,
            minimum_stop_px=2.0,
            many_handle_count=0,
            supervised_beyond_px=1.0,
        )

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), PARAM_RANGES[field.name])

    def row_count(self, num_ws: int) -> int:
        """How many rows of w+ (num_ws, w_dim) are optimised: by default 6, as in the paper."""
        return min(PUBLISHED_ROWS if self.optimised_row_count is None else self.optimised_row_count, num_ws)

    def row_weights(self, num_ws: int, masked: bool, feature_resolution: int) -> tuple[float, ...]:
        """By how much each optimised row moves, of what the optimiser says. masked: whether a fixed region
        holds. feature_resolution: of the feature block.

        Rows fade from the seventh of 18 on, and one earlier for every halving of the resolution, which has
        two rows less: the same share of a picture. The first three never fade, and with features of 32 cells
        or fewer every later one does: they say little of what finer rows do to a picture.
        """
        full = LEAST_FULL_ROWS
        if feature_resolution > COARSE_CELLS:
            full = max((num_ws - 6) // 2, full)
        kept = 1.0 if masked else 1 - self.row_fading
        return tuple(kept ** max(row - full + 1, 0) for row in range(self.row_count(num_ws)))

    def decided(self, num_ws: int, feature_resolution: int) -> DragParams:
        """With numbers for what is automatic, for a generator with that many rows of w_plus whose own feature
        block is `feature_resolution`."""
        chosen: dict[AutomaticParam, int] = {
            "optimised_row_count": self.row_count(num_ws),
            "feature_resolution": feature_resolution,
        }
        return replace(self, **{name: chosen[name] for name in self.automatic})

    @property
    def automatic(self) -> tuple[AutomaticParam, ...]:
        """What is left to the program."""
        return tuple(name for name in AUTOMATIC_PARAMS if getattr(self, name) is None)

    def whitening_in_force(self, masked: bool) -> float:
        """`masked_whitening` where a fixed region holds, else `whitening`."""
        return self.masked_whitening if masked else self.whitening

    def supervision_radius_px(self, picture_px: int, cells: int) -> int:
        """r1 in whole pixels: round(r1 / 512 * H) where the feature map has 128 cells; at least 1."""
        return max(1, round(self.supervision_radius / 4 * picture_px / cells))

    def tracking_radius_px(self, picture_px: int, cells: int) -> int:
        """r2 in whole pixels, as above; at least 2."""
        return max(2, round(self.tracking_radius / 4 * picture_px / cells))

    def stop_distance_px(self, picture_px: int, cells: int, handle_count: int) -> float:
        """Distance at which a handle has arrived: stop_distance / 512 of the picture, or minimum_stop_px; and
        where handles are tracked between pixels, no less than an eighth of one of the map's cells: nearer
        than that features do not tell places apart, and a handle would only wander about its target."""
        distance_px = max(self.stop_distance / 512 * picture_px, self.minimum_stop_px)
        if self.tracking_subdivision > 1:
            distance_px = max(distance_px, picture_px / cells / PLACES_PER_CELL)
        many = 0 < self.many_handle_count < handle_count
        return 2 * distance_px if many else distance_px


# None = by the generator
AUTOMATIC_PARAMS: tuple[AutomaticParam, ...] = get_args(AutomaticParam)
_WHOLE_NUMBERS = (*AUTOMATIC_PARAMS, "tracking_subdivision", "many_handle_count")


def _check(name: str, value: object, info: ParamRange) -> None:
    if info.choices:
        if value not in info.choices:
            raise EditError(f"{name} is {value!r}; allowed are {' and '.join(info.choices)}")
        return
    if name in AUTOMATIC_PARAMS and value is None:
        return
    whole = name in _WHOLE_NUMBERS
    numeric = isinstance(value, int) or (not whole and isinstance(value, float))
    if (
        isinstance(value, bool)
        or not numeric
        or not isinstance(value, int | float)
        or not math.isfinite(value)
    ):
        raise EditError(f"{name} is {value!r}; give a {'whole ' if whole else ''}number")
    if not info.minimum <= value <= info.maximum:
        raise EditError(f"{name} is {value:g}; allowed are {info.minimum:g} to {info.maximum:g}")
