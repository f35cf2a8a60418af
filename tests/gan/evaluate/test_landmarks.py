"""The landmark reader learns a small world, says how well, and is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gan.evaluate.landmark_augmentation import augment
from gan.evaluate.landmark_net import mean_positions
from gan.evaluate.landmark_reader import LandmarkReader, mirror_order
from gan.evaluate.landmark_training import LandmarkTraining, train_landmark_reader
from tests.gan.evaluate.dots import NAMES, dot_pictures

TRAINING = LandmarkTraining(size_px=32, step_count=220, batch_size=12, held_out_count=30)


def trained(training: LandmarkTraining = TRAINING) -> LandmarkReader:
    pictures, landmarks = dot_pictures(150, 32, seed=0)
    return train_landmark_reader(pictures, landmarks, NAMES, training, lambda detail: None)


@pytest.fixture(scope="module")
def reader() -> LandmarkReader:
    return trained()


def test_it_learns_a_small_world_and_its_own_error_is_the_true_one(reader: LandmarkReader) -> None:
    assert reader.held_out.mean < 2.5
    assert set(reader.held_out.by_landmark) == set(NAMES)
    pictures, landmarks = dot_pictures(40, 64, seed=9)  # another size, not trained on
    errors = 100 * np.linalg.norm(reader.read(pictures) - landmarks.numpy(), axis=-1)
    assert errors.mean() < 2.5
    assert errors.mean() == pytest.approx(reader.held_out.mean, rel=0.5)


def test_landmarks_follow_a_shift_on_its_own_world_and_not_on_noise(reader: LandmarkReader) -> None:
    pictures, _ = dot_pictures(20, 32, seed=5)
    noise = torch.randint(0, 256, (20, 3, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    assert reader.inconsistency(pictures) < 2
    assert reader.inconsistency(noise) > 3


def test_the_same_training_gives_the_same_reader() -> None:
    short = LandmarkTraining(size_px=32, step_count=4, batch_size=4, held_out_count=10)
    a, b = trained(short), trained(short)
    assert all(torch.equal(x, y) for x, y in zip(a.net.parameters(), b.net.parameters(), strict=True))
    assert a.held_out == b.held_out


def test_a_kept_reader_reads_alike_and_a_damaged_one_is_none(reader: LandmarkReader, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "reader.safetensors"
    reader.save(path)
    kept = LandmarkReader.load(path)
    assert kept is not None
    pictures, _ = dot_pictures(4, 48, seed=3)
    assert np.array_equal(kept.read(pictures), reader.read(pictures))
    assert (kept.held_out, kept.names, kept.size_px) == (reader.held_out, NAMES, 32)
    assert [p.name for p in path.parent.iterdir()] == [path.name], "nothing half-written is left"
    path.write_bytes(path.read_bytes()[:1000])
    assert LandmarkReader.load(path) is None
    assert LandmarkReader.load(tmp_path / "none.safetensors") is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none")
def test_a_gpu_learns_and_reads_like_the_processor() -> None:
    # what it has learnt is read on both: a training on the processor would take most of this test's time
    pictures, landmarks = dot_pictures(150, 32, seed=0)
    given = (pictures.cuda(), landmarks.cuda(), NAMES, TRAINING, lambda detail: None)
    learnt = train_landmark_reader(*given)
    assert learnt.device.type == "cuda"
    assert learnt.held_out.mean < 2.5
    seen = learnt.read(pictures[:30])
    assert np.abs(seen - learnt.to("cpu").read(pictures[:30])).max() < 0.01


def test_what_is_augmented_keeps_its_landmarks() -> None:
    # wherever a picture is turned, zoomed and mirrored to, its landmarks lie on the dots' colours
    pictures, landmarks = dot_pictures(24, 64, seed=4)
    seen, places = augment(pictures, landmarks, mirror_order(NAMES), torch.Generator().manual_seed(1))
    assert (places - landmarks).abs().max() > 0.05
    for picture, points in zip(seen, places, strict=True):
        x, y = (points * 64 - 0.5).round().long().clamp(0, 63).unbind(-1)
        colours = picture[:, y, x]  # (3, K)
        assert colours[0, 0] > colours[2, 0] + 0.2
        assert colours[0, 1] > colours[2, 1] + 0.2
        assert colours[2, 2] > colours[0, 2] + 0.2
        assert points[0, 0] < points[1, 0], "the left dot is still the left one"


def test_mean_positions_of_a_single_hot_cell_are_its_centre() -> None:
    maps = torch.full((1, 2, 4, 8), -1e4)
    maps[0, 0, 1, 6] = 0
    maps[0, 1, 3, 0] = 0
    expected = torch.tensor([[[6.5 / 8, 1.5 / 4], [0.5 / 8, 3.5 / 4]]])
    assert torch.allclose(mean_positions(maps), expected)


def test_names_are_mirrored() -> None:
    assert mirror_order(NAMES) == [1, 0, 2]
    assert mirror_order()[:3] == [1, 0, 2]  # eyes, nose
