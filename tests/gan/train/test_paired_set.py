"""The paired set: mirror images have the renderer's own factors, held-out pictures are never trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan.critters.factors import FACTOR_COUNT, sample_factors
from gan.critters.renderer import CritterRenderer
from gan.train.paired_set import PairedBatch, PairedSet, where_mirrored
from gan.train.sample_order import SampleOrder
from gan.train.settings import TrainError
from tests.gan.no_host_sync import NoHostSync
from tests.gan.train.sets import write_paired_set

CPU = torch.device("cpu")


def test_a_mirror_image_is_what_its_factors_render() -> None:
    renderer = CritterRenderer(24, compiled=False)

    def rendered(factors: torch.Tensor) -> PairedBatch:
        batch = renderer.render(factors)
        return PairedBatch(batch.pictures.float() / 127.5 - 1, factors, (batch.landmarks_px + 0.5) / 24)

    batch = rendered(sample_factors(5, range(2)))
    turned = where_mirrored(batch, torch.tensor([True, False]))
    again = rendered(turned.factors)
    torch.testing.assert_close(turned.landmarks, again.landmarks, atol=1e-4, rtol=0)
    # the renderer is mirror symmetric but for a float's last bit
    difference = (turned.pictures - again.pictures).abs().mean(dim=(1, 2, 3))
    unturned = (batch.pictures - again.pictures).abs().mean(dim=(1, 2, 3))
    assert (difference < 1e-3).all()
    assert unturned[0] > 0.1
    assert torch.equal(turned.pictures[1], batch.pictures[1])
    assert torch.equal(turned.factors[1], batch.factors[1])


def test_held_out_pictures_are_never_trained_on(tmp_path: Path) -> None:
    data = PairedSet(write_paired_set(tmp_path, 40), 16, 4, CPU)
    held_out = torch.cat([batch.factors for batch in data.held_out_batches(3)])
    assert held_out.shape == (4, FACTOR_COUNT)
    assert data.count == 72
    trained = data.training_batch(range(data.count)).factors
    for factors in held_out:
        assert (trained.abs() - factors.abs()).abs().sum(1).min() > 1
    order = SampleOrder(data.count, 0)
    assert sorted(order.indices(0, 72)) == list(range(72)) == sorted(order.indices(72, 72))
    assert order.indices(0, 72) != order.indices(72, 72)
    assert order.indices(70, 4) == SampleOrder(data.count, 0).indices(70, 4)


def test_larger_pictures_are_averaged(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 20)
    full = PairedSet(tmp_path, 16, 2, CPU).training_batch([3])
    half = PairedSet(tmp_path, 8, 2, CPU).training_batch([3])
    by_hand = full.pictures.view(1, 3, 8, 2, 8, 2).mean(dim=(3, 5))
    torch.testing.assert_close(half.pictures, by_hand)
    assert torch.equal(half.landmarks, full.landmarks)


@pytest.mark.parametrize("resolution", [16, 8])
def test_a_set_that_lies_on_the_device_is_the_same(tmp_path: Path, resolution: int) -> None:
    folder = write_paired_set(tmp_path, 40)
    mapped, resident = (PairedSet(folder, resolution, 4, CPU, resident=r) for r in (False, True))
    assert (mapped.is_resident, resident.is_resident) == (False, True)
    indices = [0, 35, 36, 71, 40, 5]  # on both sides of the mirror
    expected = mapped.training_batch(indices)
    with NoHostSync():
        gathered = resident.gathered(torch.tensor(indices))
    batches = [(gathered, expected), (resident.training_batch(indices), expected)]
    batches += zip(resident.held_out_batches(3), mapped.held_out_batches(3), strict=True)
    for ours, theirs in batches:
        torch.testing.assert_close(ours.pictures, theirs.pictures, atol=1e-6, rtol=0)
        assert torch.equal(ours.factors, theirs.factors)
        assert torch.equal(ours.landmarks, theirs.landmarks)


def test_a_processor_reads_the_files(tmp_path: Path) -> None:
    assert not PairedSet(write_paired_set(tmp_path, 20), 16, 2, CPU).is_resident


def test_too_few_pictures(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="has 9 pictures; paired training needs at least 10"):
        PairedSet(write_paired_set(tmp_path, 9), 16, 4, CPU)
