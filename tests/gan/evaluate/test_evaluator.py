"""The whole evaluation on a tiny generator: what is judged, what is left out, what is kept."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.critters.landmarks import LANDMARK_COUNT
from gan.drag_params import DragParams
from gan.evaluate import descriptions, kept_reader
from gan.evaluate import evaluator as module
from gan.evaluate.comparison import MEASURES, compare
from gan.evaluate.descriptions import samples_of
from gan.evaluate.drag_suite import DragSuite
from gan.evaluate.evaluator import EvaluationSettings, Evaluator
from gan.evaluate.landmark_training import LandmarkTraining
from gan.evaluate.progress import Advance, no_progress
from gan.evaluate.renders import Renders, open_renders
from gan.evaluate.results import Likeness, ModelResult
from gan.evaluate.work_folder import EvaluationError
from gan.generator import Generator, to_uint8
from gan.image_features import ImageFeatures
from gan.random_model import random_architecture, random_generator

SETTINGS = EvaluationSettings(
    sample_count=60,
    suite=DragSuite(drag_count=3, step_limit=5),
    training=LandmarkTraining(size_px=32, step_count=2, batch_size=4, held_out_count=10),
)


class FakeFeatures(ImageFeatures):
    """In place of EfficientNet-Lite0: mean colours of four by four fields."""

    described_count = 0

    def __init__(self) -> None:
        """Needs no weights."""

    def pooled(self, pictures: Tensor) -> Tensor:
        FakeFeatures.described_count += len(pictures)
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 4).flatten(1)


@pytest.fixture(autouse=True)
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_INCONSISTENCY", 1e9)  # an untrained reader believes nothing


@pytest.fixture(scope="module")
def generator() -> Generator:
    return random_generator(
        random_architecture(32, 256, channel_max=12, z_dim=8, w_dim=10, mapping_layer_count=2), seed=1
    )


def renders_of(pictures: NDArray[np.uint8]) -> Renders:
    size = pictures.shape[1]
    landmarks = np.random.default_rng(0).uniform(5, size - 5, (len(pictures), LANDMARK_COUNT, 2))
    return Renders.of(pictures, landmarks.astype(np.float32), None)


@pytest.fixture(scope="module")
def own_renders(generator: Generator) -> Renders:
    """The generator's own samples: a generator that could not be better."""
    return renders_of(samples_of(generator)(0, 60).permute(0, 2, 3, 1).contiguous().numpy())


def test_a_generator_whose_samples_are_the_renders_is_perfect(
    generator: Generator, own_renders: Renders, tmp_path: Path
) -> None:
    likeness = Evaluator(own_renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).likeness(generator)
    assert likeness.frechet_distance_efficientnet_lite0 == pytest.approx(0, abs=1e-6)
    assert (likeness.precision, likeness.recall) == (1, 1)
    assert likeness.sharpness == pytest.approx(1)


def test_everything_is_judged_and_a_second_evaluation_takes_it_from_the_folder(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    renders = renders_of(noise)
    first = Evaluator(renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).judge(generator, "tiny")
    assert first.likeness is not None
    assert first.likeness.precision == 0
    assert first.drags is not None
    assert first.drags.drag_count == len(first.outcomes) == 3
    assert [outcome.number for outcome in first.outcomes] == [0, 1, 2]
    assert all(row.best is None for row in compare([first])), "nobody is better where there is one"

    described = FakeFeatures.described_count

    def not_again(*arguments: object) -> None:
        raise AssertionError("done already")

    monkeypatch.setattr(module, "perform_drag", not_again)
    monkeypatch.setattr(kept_reader, "train_landmark_reader", not_again)
    assert (
        Evaluator(renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).judge(generator, "tiny") == first
    )
    assert FakeFeatures.described_count == described


def test_believable_is_what_lies_among_the_renders_before_and_after_the_drags(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = SETTINGS.suite
    pictures = samples_of(generator, suite.truncation_psi)(0, 60).permute(0, 2, 3, 1).contiguous().numpy()
    monkeypatch.setattr(module, "manifold_radii", lambda features: torch.full((len(features),), 1e-4))
    evaluator = Evaluator(renders_of(pictures), SETTINGS, FakeFeatures(), tmp_path, no_progress)
    first, second, third = evaluator.drags(generator)
    record = evaluator.record(generator)
    # one picture is as it was, two are broken
    for outcome, after in ((first, pictures[0]), (second, 255 - pictures[1]), (third, 255 - pictures[2])):
        record.add(outcome, after)
    assert evaluator.believable(generator) == (1.0, pytest.approx(1 / 3))


def test_suites_with_other_parameters_are_kept_apart(generator: Generator, tmp_path: Path) -> None:
    own = renders_of(samples_of(generator)(0, 60).permute(0, 2, 3, 1).contiguous().numpy())
    slow = replace(SETTINGS, params=DragParams(learning_rate=1e-3))
    ends = [
        [o.handle for o in Evaluator(own, s, FakeFeatures(), tmp_path, no_progress).drags(generator)]
        for s in (SETTINGS, slow, SETTINGS)
    ]
    assert ends[0] == ends[2] != ends[1]


def test_an_interrupted_suite_goes_on(
    generator: Generator, own_renders: Renders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = module.perform_drag
    numbers: list[int] = []

    def perform_or_stop(generator: Generator, reader: object, plan: object, *rest: object) -> object:
        if len(numbers) == 2:
            raise KeyboardInterrupt
        numbers.append(plan.number)  # type: ignore[attr-defined]
        return perform(generator, reader, plan, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "perform_drag", perform_or_stop)
    with pytest.raises(KeyboardInterrupt):
        Evaluator(own_renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).drags(generator)
    assert numbers == [0, 1]
    numbers.clear()
    outcomes = Evaluator(own_renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).drags(generator)
    assert numbers == [2]
    assert [outcome.number for outcome in outcomes] == [0, 1, 2]


def test_samples_are_those_of_their_seeds_however_many_are_made_at_once(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = samples_of(generator, 0.5)(3, 8)
    monkeypatch.setattr(descriptions, "PIXELS_AT_ONCE", 1)
    alone = samples_of(generator, 0.5)(3, 8)
    assert together.shape == (5, 3, 32, 32)
    for i in range(5):
        expected = to_uint8(generator.image(generator.sample(3 + i, 0.5))).permute(2, 0, 1)
        for found in (together[i], alone[i]):
            # batches may differ in a float's last bit, which shows where it decides a rounding
            assert (found.int() - expected.int()).abs().max() <= 1


def test_without_renders_what_needs_them_is_left_out_and_said(generator: Generator, tmp_path: Path) -> None:
    result = Evaluator(None, SETTINGS, FakeFeatures(), tmp_path, no_progress).judge(generator, "tiny")
    assert (result.likeness, result.drags) == (None, None)
    assert result.detail is not None
    assert result.detail > 0
    assert "renders of critters" in result.notes[0]
    assert [row.measure.key for row in compare([result])] == ["detail"]


def test_samples_that_are_no_critters_are_not_dragged(
    generator: Generator, own_renders: Renders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_INCONSISTENCY", 0.0)
    result = Evaluator(own_renders, SETTINGS, FakeFeatures(), tmp_path, no_progress).judge(generator, "tiny")
    assert result.likeness is not None
    assert result.drags is None
    assert any("no critters" in note for note in result.notes)


def test_progress_says_every_piece(generator: Generator, own_renders: Renders, tmp_path: Path) -> None:
    announced: dict[str, int] = {}
    advanced: dict[str, int] = {}

    def progress(title: str, count: int) -> AbstractContextManager[Advance]:
        announced[title] = count

        def advance(detail: str) -> None:
            advanced[title] = advanced.get(title, 0) + 1

        return nullcontext(advance)

    Evaluator(own_renders, SETTINGS, FakeFeatures(), tmp_path, progress).judge(generator, "tiny")
    assert advanced == announced
    assert announced["random-32: drags"] == 3


def test_too_little_is_refused(own_renders: Renders, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="at least 50"):
        Evaluator(own_renders, replace(SETTINGS, sample_count=10), FakeFeatures(), tmp_path, no_progress)
    with pytest.raises(EvaluationError, match="60 renders for 61 samples"):
        Evaluator(own_renders, replace(SETTINGS, sample_count=61), FakeFeatures(), tmp_path, no_progress)


def test_the_better_one_of_each_row() -> None:
    def model(distance: float, precision: float, sharpness: float) -> ModelResult:
        return ModelResult("m", "f", "s", 8, 8, Likeness(60, distance, precision, 0.5, sharpness))

    rows = {row.measure.key: row.best for row in compare([model(3, 0.2, 1.3), model(2, 0.1, 0.8)])}
    # 1.3 is further above 1 than 0.8 is below: 1.3 * 0.8 > 1; equal recalls have no winner
    assert rows == {"frechet": 1, "precision": 0, "recall": None, "sharpness": 1}
    assert len({measure.key for measure in MEASURES}) == len(MEASURES)
    tie = compare([model(2.001, 0.2, 1), model(2.002, 0.2, 1)])[0]
    assert tie.best is None, "what the table shows alike is alike"


def test_renders_come_from_a_data_set(tmp_path: Path) -> None:
    from gan.critters.dataset import write_array

    write_array(tmp_path / "set", seed=0, count=3, resolution=16)
    renders = open_renders(tmp_path / "set", 2)
    assert len(renders) == 3
    assert renders.batch(0, 2).shape == (2, 3, 16, 16)
    assert renders.landmarks.shape == (3, LANDMARK_COUNT, 2)
    pixels = np.load(tmp_path / "set" / "landmarks.npy")
    assert renders.landmarks.numpy() == pytest.approx((pixels + 0.5) / 16)
    with pytest.raises(EvaluationError, match="has 3 renders and 4 are asked for"):
        open_renders(tmp_path / "set", 4)
