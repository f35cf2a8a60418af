"""Losses and regularisation against finite differences and closed forms; the discriminators."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.architecture import Architecture
from gan.image_features import ImageFeatures
from gan.train import adversarial_loss as loss
from gan.train.discriminator import Discriminator, ScaledConv, with_batch_stddev
from gan.train.initial_weights import fresh_generator
from gan.train.paired_loss import coarse_l1, emphasis_map, halvings, perceptual_distance, weighted_l1
from gan.train.projected import ProjectedDiscriminator

ARCHITECTURE = Architecture(8, 6, 8, 0, 2, {4: 4, 8: 3})


def test_r1_is_half_the_squared_slope() -> None:
    discriminator = Discriminator(ARCHITECTURE, 0).double()
    pictures = torch.randn(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    penalty = loss.r1_penalty(discriminator(pictures), pictures)
    step = 1e-5
    slopes = torch.zeros(pictures.numel(), dtype=torch.float64)
    with torch.no_grad():
        for i in range(pictures.numel()):
            moved = torch.zeros(pictures.numel(), dtype=torch.float64)
            moved[i] = step
            moved = moved.view_as(pictures)
            difference = discriminator(pictures + moved).sum() - discriminator(pictures - moved).sum()
            slopes[i] = difference / (2 * step)
    assert penalty.item() == pytest.approx(0.5 * slopes.square().sum().item() / 2, rel=1e-4)


def test_r1_teaches_the_discriminator() -> None:
    discriminator = Discriminator(ARCHITECTURE, 0).double()
    pictures = torch.randn(4, 3, 8, 8, dtype=torch.float64, requires_grad=True)

    def penalty() -> Tensor:
        return loss.r1_penalty(discriminator(pictures), pictures)

    weight = discriminator.dense.weight
    penalty().backward()
    assert weight.grad is not None
    check_gradient(penalty, weight, weight.grad)


def test_path_lengths_and_their_penalty_are_those_of_the_jacobian() -> None:
    """Against the whole Jacobian; also the penalty's gradient, which goes backward twice."""
    generator = fresh_generator(ARCHITECTURE, 0)
    given = generator.broadcast(generator.map(torch.randn(2, 6))).detach()
    noise = torch.randn(2, 3, 8, 8)
    mean = torch.tensor(0.3)
    weights = [generator.weights[f"synthesis.b8.{name}"] for name in ("conv0.weight", "conv1.affine.weight")]

    w_plus = given.clone().requires_grad_()
    lengths = loss.path_lengths(generator.picture(w_plus), w_plus, noise)
    gradients = torch.autograd.grad(loss.path_length_penalty(lengths, mean), weights)

    expected: list[Tensor] = []
    for row, y in zip(given, noise, strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda w: generator.picture(w[None])[0].flatten(), row, create_graph=True
        )
        assert isinstance(jacobian, Tensor)
        projected = torch.einsum("p,prd->rd", y.flatten() / 8, jacobian)  # (num_ws, w_dim)
        expected.append(projected.square().sum(1).mean().sqrt())
    torch.testing.assert_close(lengths, torch.stack(expected), rtol=1e-4, atol=1e-6)
    penalty = sum((length - mean) ** 2 for length in expected) / 2
    assert isinstance(penalty, Tensor)
    for found, by_hand in zip(gradients, torch.autograd.grad(penalty, weights), strict=True):
        assert by_hand.abs().max() > 1e-3
        torch.testing.assert_close(found, by_hand, rtol=1e-3, atol=1e-5)


def check_gradient(
    value: Callable[[], Tensor], weight: Tensor, gradient: Tensor, step: float = 1e-5, rel: float = 1e-3
) -> None:
    """The gradient along itself, by central differences."""
    direction = gradient / gradient.norm()
    with torch.no_grad():
        weight += step * direction
    above = float(value().detach())
    with torch.no_grad():
        weight -= 2 * step * direction
    below = float(value().detach())
    assert (above - below) / (2 * step) == pytest.approx(float(gradient.norm()), rel=rel)


def test_adversarial_losses() -> None:
    real, fake = torch.tensor([[2.0], [-1.0]]), torch.tensor([[0.5], [-3.0]])
    sigmoid_real, sigmoid_fake = real.sigmoid(), fake.sigmoid()
    expected = -(sigmoid_real.log().mean() + (1 - sigmoid_fake).log().mean())
    torch.testing.assert_close(loss.logistic_d_loss(real, fake), expected)
    torch.testing.assert_close(loss.logistic_g_loss(fake), -sigmoid_fake.log().mean())
    assert loss.hinge_d_loss(real, fake).item() == pytest.approx((0 + 2) / 2 + (1.5 + 0) / 2)
    assert loss.hinge_g_loss(fake).item() == pytest.approx(1.25)


def test_discriminators_give_logits() -> None:
    architecture = Architecture(32, 6, 8, 0, 2, {4: 6, 8: 5, 16: 4, 32: 3})
    discriminator = Discriminator(architecture, 0)
    assert discriminator(torch.randn(8, 3, 32, 32)).shape == (8, 1)
    assert [b.conv0.weight.shape[:2] for b in discriminator.blocks] == [(3, 3), (4, 4), (5, 5)]  # type: ignore[union-attr]
    torch.testing.assert_close(
        Discriminator(architecture, 0).last_conv.weight, discriminator.last_conv.weight
    )
    projected = ProjectedDiscriminator(ImageFeatures((2, 4, 10, 15)), 32, 0)
    logits = projected(torch.randn(2, 3, 32, 32))
    assert logits.shape == (2, 16 + 16 + 4 + 1)
    learning = [name for name, p in projected.named_parameters() if p.requires_grad]
    assert learning
    assert all("_judges" in name for name in learning)


def test_halving_convolution_is_centred() -> None:
    """A mirrored picture gives the mirrored map where the kernel is symmetric."""
    conv = ScaledConv(1, 1, 3, torch.Generator().manual_seed(0), down=True)
    with torch.no_grad():
        conv.weight.copy_((conv.weight + conv.weight.flip(3)) / 2)
    x = torch.randn(1, 1, 8, 8)
    y = conv(x)
    assert y.shape == (1, 1, 4, 4)
    torch.testing.assert_close(conv(x.flip(3)), y.flip(3))


def test_batch_stddev_by_hand() -> None:
    x = torch.randn(8, 5, 2, 2)
    y = with_batch_stddev(x)
    assert y.shape == (8, 6, 2, 2)
    for group in (slice(0, 4), slice(4, 8)):
        spread = x[group].std(dim=0, unbiased=False).mean()
        torch.testing.assert_close(y[group, 5], spread.expand(4, 2, 2), rtol=1e-4, atol=1e-5)


def test_batch_stddev_of_any_batch() -> None:
    """Six pictures are two groups of three, five are alone and have no spread."""
    x = torch.randn(6, 5, 2, 2)
    spread = x[3:].std(dim=0, unbiased=False).mean()
    torch.testing.assert_close(with_batch_stddev(x)[3:, 5], spread.expand(3, 2, 2), rtol=1e-4, atol=1e-5)
    assert with_batch_stddev(x[:5])[:, 5].max() < 1e-3


def test_emphasis_is_at_the_landmark() -> None:
    weight = emphasis_map(torch.tensor([[[12.5 / 16, 3.5 / 16]]]), 16, 4.0, 0.05)
    assert weight.shape == (1, 1, 16, 16)
    assert weight.mean().item() == pytest.approx(1.0, rel=1e-5)
    y, x = divmod(int(weight.argmax()), 16)
    assert (x, y) == (12, 3)
    assert (weight.max() / weight.min()).item() == pytest.approx(5.0, rel=1e-3)


def test_paired_distances_are_zero_only_for_the_same() -> None:
    a, b = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    maps_a, maps_b = [a], [b]
    assert weighted_l1(a, a, torch.ones(1)) == coarse_l1(a, a) == perceptual_distance(maps_a, maps_a) == 0
    torch.testing.assert_close(
        coarse_l1(a, b),
        (F.interpolate(a, scale_factor=0.25, mode="area") - F.interpolate(b, scale_factor=0.25, mode="area"))
        .abs()
        .mean(),
    )
    cosine = nn.functional.cosine_similarity(a, b, dim=1)
    assert perceptual_distance(maps_a, maps_b).item() == pytest.approx(
        (2 - 2 * cosine).mean().item(), abs=0.02
    )
    assert math.isclose(
        weighted_l1(a, b, torch.full((1,), 2.0)).item(), 2 * (a - b).abs().mean().item(), rel_tol=1e-5
    )


def test_halvings_average_down_to_the_smallest_size() -> None:
    pictures = torch.rand(2, 3, 32, 16)
    sizes = halvings(pictures, 4)
    assert [tuple(p.shape[-2:]) for p in sizes] == [(32, 16), (16, 8), (8, 4)]
    assert sizes[0] is pictures
    torch.testing.assert_close(sizes[2], pictures.view(2, 3, 8, 4, 4, 4).mean(dim=(3, 5)))
    assert [p.shape[-1] for p in halvings(pictures, 9)] == [16]
    assert halvings(pictures, 64)[0] is pictures  # smaller than the smallest: itself
