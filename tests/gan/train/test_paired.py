"""Paired training compares features of pictures of several sizes, and measures held-out ones likewise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from gan.architecture import Architecture
from gan.critters.factors import APPEARANCE_FACTORS, FACTOR_COUNT, GEOMETRY_FACTORS
from gan.image_features import ImageFeatures
from gan.train.generator import FactorSplit
from gan.train.initial_weights import fresh_generator
from gan.train.paired import PairedTraining
from gan.train.paired_loss import perceptual_distance
from gan.train.paired_set import PairedBatch, PairedSet
from gan.train.processes import Processes
from gan.train.settings import TrainSettings
from gan.train.training import Moment
from tests.gan.train.sets import write_paired_set

CPU = torch.device("cpu")
SETTINGS = TrainSettings(batch_size=4, held_out_count=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paired_set(tmp_path_factory.mktemp("set"), resolution=32)


def training(folder: Path, settings: TrainSettings) -> PairedTraining:
    data = PairedSet(folder, 32, settings.held_out_count, CPU)
    architecture = Architecture(32, FACTOR_COUNT, 16, 0, 2, {4: 8, 8: 8, 16: 8, 32: 8})
    generator = fresh_generator(architecture, 0, FactorSplit(GEOMETRY_FACTORS, APPEARANCE_FACTORS, 3))
    return PairedTraining(generator, data, settings, Processes(), CPU)


@torch.no_grad()
def distances(run: PairedTraining, batch: PairedBatch) -> list[float]:
    """At 32 px and, averaged, at 16 and 8 px."""
    made = run.generator.picture(run.generator.map(batch.factors, normalise=False)[:, None])
    features = ImageFeatures(SETTINGS.feature_taps)
    pairs = [(F.avg_pool2d(made, k), F.avg_pool2d(batch.pictures, k)) for k in (1, 2, 4)]
    return [perceptual_distance(features(a), features(b)).item() for a, b in pairs]


def test_the_feature_distance_is_the_mean_over_the_sizes(folder: Path) -> None:
    now = Moment(0, 0.0)
    for smallest, count in ((8, 3), (16, 2), (17, 1), (128, 1)):
        run = training(folder, replace(SETTINGS, features_from_px=smallest))
        _, losses = run.loss(run.generator, now)
        everywhere = run.data.training_batch(run._order.indices(0, SETTINGS.batch_size))
        expected = distances(run, everywhere)[:count]
        assert losses["perceptual"].item() == pytest.approx(sum(expected) / count, rel=1e-4)


def test_every_size_is_measured_on_held_out_pictures(folder: Path) -> None:
    run = training(folder, replace(SETTINGS, features_from_px=8))
    measured, _ = run.evaluate(run.generator)
    (held_out,) = run.data.held_out_batches(4)
    at_32, at_16, at_8 = distances(run, held_out)
    assert measured.keys() == {
        "held_out_l1",
        "held_out_perceptual",
        "held_out_perceptual_16",
        "held_out_perceptual_8",
    }
    assert measured["held_out_perceptual"] == pytest.approx(at_32, rel=1e-4)
    assert measured["held_out_perceptual_16"] == pytest.approx(at_16, rel=1e-4)
    assert measured["held_out_perceptual_8"] == pytest.approx(at_8, rel=1e-4)
