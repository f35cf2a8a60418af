"""`Evaluator`: judges generators one after the other, each part kept as soon as it is finished."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Generator as GeneratorType
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import msgspec
import torch

from gan.critters.renderer import RENDERER_VERSION
from gan.drag_params import DragParams
from gan.evaluate.common_scale import COMPARED_AT_PX
from gan.evaluate.critter_drags import CRITTER_DRAGS_VERSION, drag_critter, suite_critters
from gan.evaluate.descriptions import Description, describe, piece_count, samples_of
from gan.evaluate.drag_suite import (
    DragOutcome,
    DragSuite,
    PerformedDrag,
    PlannedDrag,
    perform_drag,
    plan_drags,
)
from gan.evaluate.frechet import FeatureStatistics, frechet_distance
from gan.evaluate.kept_reader import kept_reader, reader_key
from gan.evaluate.landmark_reader import LandmarkReader
from gan.evaluate.landmark_training import LandmarkTraining
from gan.evaluate.precision_recall import NEIGHBOUR, manifold_radii, precision_recall, share_inside
from gan.evaluate.progress import Progress
from gan.evaluate.renders import Renders
from gan.evaluate.results import DragSummary, Likeness, ModelResult
from gan.evaluate.sharpness import root_mean_detail, sharpness_ratio
from gan.evaluate.suite_record import SuiteRecord
from gan.evaluate.work_folder import EVALUATION_VERSION, EvaluationError, key_of, write_atomically
from gan.generator import Generator
from gan.image_features import ImageFeatures

LEAST_SAMPLES = 50
RELIABLE_SAMPLES = 2000  # with fewer the Fréchet distance is noticeably too large
MOST_INCONSISTENCY = 3.0  # % of the width: above it a generator's samples are no critters to the reader
CONSISTENCY_SAMPLES = 64
CRITTERS = "critters"  # the name of what was rendered, among generators


@dataclass(frozen=True)
class EvaluationSettings:
    """How much is judged. sample_count: samples, and as many renders. suite.drag_count 0: no drags. params:
    of the drags."""

    sample_count: int = 10_000
    suite: DragSuite = field(default_factory=DragSuite)
    params: DragParams = field(default_factory=DragParams)
    training: LandmarkTraining = field(default_factory=LandmarkTraining)


class Evaluator:
    """Judges generators against renders, or, without any, by themselves.

    work: folder for what is finished; a second evaluation, or one that was interrupted, takes it from there.
    progress: called with a title and a number of pieces for everything that takes time. device: where
    pictures are described and landmarks found; the extractor must be there. Raises EvaluationError.
    """

    def __init__(
        self,
        renders: Renders | None,
        settings: EvaluationSettings,
        extractor: ImageFeatures,
        work: Path,
        progress: Progress,
        device: torch.device | str = "cpu",
    ) -> None:
        if settings.sample_count < LEAST_SAMPLES:
            raise EvaluationError(
                f"{settings.sample_count} samples are too few to compare; give at least {LEAST_SAMPLES}"
            )
        if renders is not None and len(renders) < settings.sample_count:
            raise EvaluationError(f"{len(renders)} renders for {settings.sample_count} samples; give as many")
        self.settings = settings
        self.cpu_seconds: dict[str, float] = {}
        self._renders = renders
        self._work = work
        self._progress = progress
        self._extractor = extractor
        self._device = torch.device(device)
        self._reader: LandmarkReader | None = None
        self._described_renders: Description | None = None
        self._render_radii: torch.Tensor | None = None  # (N,), as far as each render's manifold reaches

    # --- what is judged ---

    def judge(self, generator: Generator, file: str) -> ModelResult:
        """Everything that can be judged of a generator. file: its name on the command line."""
        provenance = generator.provenance
        size = (generator.width, generator.height)
        result = ModelResult(provenance.name, file, provenance.sha256, *size)
        if self._renders is None:
            note = "not held against renders, and not dragged: that needs renders of critters"
            return replace(result, detail=self.detail(generator), notes=(note,))
        result = replace(result, likeness=self.likeness(generator))
        if self.settings.sample_count < RELIABLE_SAMPLES:
            note = f"with fewer than {RELIABLE_SAMPLES} samples the Fréchet distance is too large"
            result = replace(result, notes=(*result.notes, note))
        if not self.settings.suite.drag_count:
            return result
        inconsistency = self.inconsistency(generator)
        result = replace(result, sample_inconsistency=inconsistency)
        if inconsistency > MOST_INCONSISTENCY:
            note = (
                f"not dragged: its samples are no critters to the landmark reader, whose landmarks stray by "
                f"{inconsistency:.1f} % of the width when a sample is shifted; allowed are "
                f"{MOST_INCONSISTENCY:g} %"
            )
            return replace(result, notes=(*result.notes, note))
        outcomes = self.drags(generator)
        return replace(
            result, drags=DragSummary.of(outcomes, self.believable(generator)), outcomes=tuple(outcomes)
        )

    def likeness(self, generator: Generator) -> Likeness:
        """Samples against renders."""
        assert self._renders is not None
        count = self.settings.sample_count
        kept = self._samples_folder(generator) / f"likeness-{self._renders.key}-{count}.json"
        known = _load_likeness(kept)
        if known is not None:
            return known
        samples, renders = self._describe_samples(generator), self._describe_renders()
        with (
            self._timed("comparing"),
            self._progress(f"{generator.provenance.name}: comparing", 2) as advance,
        ):
            distance = frechet_distance(
                FeatureStatistics.of(samples.features), FeatureStatistics.of(renders.features)
            )
            advance("precision and recall")
            shares = precision_recall(torch.as_tensor(samples.features), torch.as_tensor(renders.features))
            advance("")
        found = Likeness(
            sample_count=count,
            frechet_distance_efficientnet_lite0=distance,
            precision=shares.precision,
            recall=shares.recall,
            sharpness=sharpness_ratio(torch.as_tensor(samples.detail), torch.as_tensor(renders.detail)),
        )
        write_atomically(kept, msgspec.json.encode(found))
        return found

    def detail(self, generator: Generator) -> float:
        """Fine detail of samples by itself, root mean square of brightness in -1..1."""
        return root_mean_detail(torch.as_tensor(self._describe_samples(generator).detail))

    def inconsistency(self, generator: Generator) -> float:
        """Of the landmark reader on this generator's samples, % of the width."""
        reader = self.reader()
        suite = self.settings.suite
        make = samples_of(generator, suite.truncation_psi)
        return reader.inconsistency(make(suite.first_seed, suite.first_seed + CONSISTENCY_SAMPLES))

    def drags(self, generator: Generator) -> list[DragOutcome]:
        """The drag suite, in order."""
        suite, params = self.settings.suite, self.settings.params
        return self._outcomes(
            self.record(generator),
            generator.provenance.name,
            lambda plan: perform_drag(generator, self.reader(), plan, suite, params),
        )

    def believable(self, generator: Generator) -> tuple[float, float]:
        """Shares of the suite's pictures that lie among the renders, before and after the drags. The drags
        must be done."""
        suite = self.settings.suite
        make = samples_of(generator, suite.truncation_psi)

        def before(start: int, stop: int) -> torch.Tensor:
            return make(suite.first_seed + start, suite.first_seed + stop)

        return self._believable(before, self.record(generator), generator.provenance.name)

    def critters(self) -> ModelResult:
        """The suite done to critters themselves: what the renderer has to change for it."""
        assert self._renders is not None
        suite = self.settings.suite
        record = self._record(self._work / f"dragged-critters-{RENDERER_VERSION}-{CRITTER_DRAGS_VERSION}")
        outcomes = self._outcomes(record, CRITTERS, lambda plan: drag_critter(self.reader(), plan, suite))
        believable = self._believable(partial(suite_critters, suite), record, CRITTERS)
        return ModelResult(
            name=CRITTERS,
            file="",
            sha256="",
            width=COMPARED_AT_PX,
            height=COMPARED_AT_PX,
            drags=replace(DragSummary.of(outcomes, believable), mean_iterations=None),
            outcomes=tuple(outcomes),
        )

    def record(self, generator: Generator) -> SuiteRecord:
        """Outcomes and pictures of this generator's suite, as far as it has got."""
        return self._record(self._folder_of(generator), self.settings.params)

    def reader(self) -> LandmarkReader:
        """The landmark reader: trained once for these renders, then kept. Raises EvaluationError."""
        if self._reader is None:
            assert self._renders is not None
            with self._timed("learning landmarks"):
                self._reader = kept_reader(
                    self._renders, self.settings.training, self._work, self._progress, self._device
                )
        return self._reader

    # --- inner ---

    def _record(self, folder: Path, *how: object) -> SuiteRecord:
        suite = replace(self.settings.suite, drag_count=0)  # a longer suite goes on from a shorter one
        return SuiteRecord(folder / f"drags-{key_of(suite, *how, self._reader_key())}")

    def _outcomes(
        self, record: SuiteRecord, name: str, perform: Callable[[PlannedDrag], PerformedDrag]
    ) -> list[DragOutcome]:
        plans = plan_drags(self.settings.suite, len(self.reader().names))
        with self._timed("dragging"), self._progress(f"{name}: drags", len(plans)) as advance:
            return record.complete(plans, perform, advance)

    def _believable(
        self, before: Callable[[int, int], torch.Tensor], record: SuiteRecord, name: str
    ) -> tuple[float, float]:
        """before: drags start to stop -> pictures (N, 3, h, w)."""

        def after(start: int, stop: int) -> torch.Tensor:
            pictures = [torch.as_tensor(record.after(number)) for number in range(start, stop)]
            return torch.stack(pictures).permute(0, 3, 1, 2)

        renders = torch.as_tensor(self._describe_renders().features)
        if self._render_radii is None:
            self._render_radii = manifold_radii(renders)
        shares: list[float] = []
        for when, make in (("before", before), ("after", after)):
            title = f"{name}: pictures {when} the drags"
            folder = record.folder / f"{when}-{self._feature_key()}"
            described = self._describe(make, title, folder, self.settings.suite.drag_count)
            shares.append(share_inside(torch.as_tensor(described.features), renders, self._render_radii))
        return shares[0], shares[1]

    def _describe_samples(self, generator: Generator) -> Description:
        title = f"{generator.provenance.name}: samples"
        return self._describe(samples_of(generator), title, self._samples_folder(generator))

    def _describe_renders(self) -> Description:
        if self._described_renders is None:
            assert self._renders is not None
            folder = self._work / f"renders-{self._renders.key}-{self._feature_key()}"
            self._described_renders = self._describe(self._renders.batch, "renders", folder)
        return self._described_renders

    def _describe(
        self,
        make: Callable[[int, int], torch.Tensor],
        title: str,
        folder: Path,
        count: int | None = None,
    ) -> Description:
        count = self.settings.sample_count if count is None else count
        with self._timed(title), self._progress(title, piece_count(count)) as advance:
            return describe(make, count, self._extractor, folder, advance, self._device)

    def _folder_of(self, generator: Generator) -> Path:
        return self._work / f"model-{generator.provenance.sha256[:16]}"

    def _samples_folder(self, generator: Generator) -> Path:
        return self._folder_of(generator) / f"samples-{self._feature_key()}"

    def _reader_key(self) -> str:
        assert self._renders is not None
        return reader_key(self._renders, self.settings.training)

    def _feature_key(self) -> str:
        # a GPU's features differ in what it rounds: both sides of a comparison come from one kind of device
        kind = () if self._device.type == "cpu" else (self._device.type,)
        return key_of(EVALUATION_VERSION, COMPARED_AT_PX, NEIGHBOUR, *kind)

    @contextmanager
    def _timed(self, part: str) -> GeneratorType[None]:
        """Adds the processor's time, not the clock's: a busy machine does not make an evaluation dearer."""
        began = time.process_time()
        try:
            yield
        finally:
            self.cpu_seconds[part] = self.cpu_seconds.get(part, 0.0) + time.process_time() - began


def _load_likeness(path: Path) -> Likeness | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Likeness)
    except (OSError, msgspec.MsgspecError):
        return None
