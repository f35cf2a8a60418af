"""The adversarial step: what it is given, what a checkpoint holds, and processes that go away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed
from PIL import Image
from torch import Tensor

from gan.architecture import Architecture
from gan.train import adversarial_loss
from gan.train.adversarial import AdversarialTraining
from gan.train.image_folder import read_square
from gan.train.initial_weights import fresh_generator
from gan.train.paired import PairedTraining
from gan.train.paired_set import PairedSet
from gan.train.processes import Processes
from gan.train.settings import TrainError, TrainSettings
from gan.train.training import AveragedWeights, Moment
from tests.gan.train.sets import write_paired_set

CPU = torch.device("cpu")
ARCHITECTURE = Architecture(8, 6, 8, 0, 2, {4: 4, 8: 3})


class SmoothPictures:
    """Real pictures by their number."""

    def pictures(self, first: int, count: int, part: slice) -> Tensor:
        shades = torch.linspace(-0.9, 0.9, 8).expand(3, 8, 8)
        return torch.stack([shades * (1 + number % 5) / 5 for number in range(first, first + count)[part]])


def training(settings: TrainSettings) -> AdversarialTraining:
    generator = fresh_generator(ARCHITECTURE, 0)
    average = AveragedWeights(generator)
    return AdversarialTraining(generator, average, SmoothPictures(), settings, Processes(), CPU)


def test_r1_is_of_the_pictures_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Tensor] = []
    real = adversarial_loss.r1_penalty

    def noted(logits: Tensor, pictures: Tensor) -> Tensor:
        given.append(pictures.detach())
        return real(logits, pictures)

    monkeypatch.setattr(adversarial_loss, "r1_penalty", noted)
    run = training(TrainSettings(batch_size=4))
    run.restore(run.state() | {"augment_p": 0.9})
    losses, _ = run.step(Moment(0, 0.0), ())
    assert losses["augment_p"] == 0.9
    assert losses["r1"] > 0
    assert len(given) == 1
    assert torch.equal(given[0], SmoothPictures().pictures(0, 4, slice(None)))


def test_lazy_regularisation_weighs_as_much_as_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """At every 16th step, 16 times as strong; and Adam slowed by the updates that it adds."""
    totals: list[float] = []
    run = training(TrainSettings(batch_size=4, r1_every=16, r1_gamma=3.0, path_length_every=4))
    update = run._update  # pyright: ignore[reportPrivateUsage]

    def noted(optimiser: object, weights: object, total: Tensor, also: list[float]) -> list[float]:
        totals.append(float(total.detach()))
        return update(optimiser, weights, total, also)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_update", noted)
    losses, _ = run.step(Moment(0, 0.0), ())
    d_total, r1_total, g_total, path_total = totals
    assert d_total == pytest.approx(losses["d_loss"])
    assert g_total == pytest.approx(losses["g_loss"])
    assert r1_total == pytest.approx(3.0 * 16 * losses["r1"])
    assert path_total == pytest.approx(2.0 * 4 * losses["path_length_penalty"])
    totals.clear()
    run.step(Moment(1, 0.0), ())
    assert len(totals) == 2
    run.step(Moment(4, 0.0), ())
    assert len(totals) == 2 + 3
    groups = (run._d_optimiser.param_groups[0], run._g_optimiser.param_groups[0])  # pyright: ignore[reportPrivateUsage]
    for group, every in zip(groups, (16, 4), strict=True):
        assert group["lr"] == pytest.approx(2.5e-3 * every / (every + 1))
        assert group["betas"] == pytest.approx((0.0, 0.99 ** (every / (every + 1))))


def test_the_average_halves_what_is_old_in_its_half_life() -> None:
    run = training(TrainSettings(batch_size=4, ema_half_life=8.0, ema_ramp_up=1e9))
    before = {name: w.clone() for name, w in run.average.weights.items()}
    run.step(Moment(0, 0.0), ())
    first = {name: w.detach().clone() for name, w in run.generator.weights.items()}
    run.step(Moment(1, 0.0), ())  # eight pictures in all
    for name, found in run.average.weights.items():
        last = run.generator.weights[name].detach()
        share = 0.5**0.5  # of a half-life, at each step
        expected = (before[name] * share + first[name] * (1 - share)) * share + last * (1 - share)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


def test_augmentation_follows_the_discriminators_certainty(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainSettings(batch_size=4, augment_every=2, augment_pictures_to_full=80.0, r1_every=0)
    run = training(replace(settings, path_length_every=0))
    for certain, expected in ((True, [0.0, 0.1, 0.1, 0.2]), (False, [0.2, 0.1, 0.1, 0.0])):
        monkeypatch.setattr(
            run.discriminator, "forward", lambda x, c=certain: (10.0 if c else -10.0) + 0 * x.mean((1, 2, 3))
        )
        monkeypatch.setattr(run, "_update", lambda optimiser, weights, total, also: also)
        found = [run.step(Moment(step, 0.0), ())[0]["augment_p"] for step in range(4)]
        assert found == pytest.approx(expected)


def test_a_paired_checkpoint_holds_the_scaling_of_float16(tmp_path: Path) -> None:
    data = PairedSet(write_paired_set(tmp_path, 20, 8), 8, 2, CPU)
    generator = fresh_generator(Architecture(8, 56, 8, 0, 2, {4: 4, 8: 3}), 0)
    settings = TrainSettings(batch_size=4, precision="float16")
    run = PairedTraining(generator, data, settings, Processes(), CPU)
    state = run.state()
    assert state["precision"]["scale"] > 1
    state["precision"]["scale"] = 128.0
    run.restore(state)
    assert run.state()["precision"]["scale"] == 128.0
    del state["precision"]  # as older checkpoints are
    run.restore(state)


def test_a_process_that_goes_away_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise RuntimeError("Connection closed by peer\nwith a long story")

    monkeypatch.setattr(torch.distributed, "barrier", gone)
    monkeypatch.setattr(torch.distributed, "all_reduce", gone)
    processes = Processes(1, 2)
    weight = torch.ones(2, requires_grad=True)
    weight.sum().backward()
    for call in (
        processes.wait,
        lambda: processes.average(weight),
        lambda: processes.average_gradients([weight], [1.0]),
    ):
        with pytest.raises(TrainError, match="another process of this run has ended"):
            call()


def test_sixteen_bits_of_grey_keep_their_shades(tmp_path: Path) -> None:
    shades = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    Image.fromarray(shades).save(tmp_path / "grey.png")
    square = read_square(tmp_path / "grey.png", 32)
    assert np.abs(square[..., 0].astype(float) - shades / 257).max() < 2
