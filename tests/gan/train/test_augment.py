"""Adaptive augmentation: nothing at p = 0, the same for a part of the batch, and no drift."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from gan.train.adversarial_loss import r1_penalty
from gan.train.augment import augment
from gan.train.grid_reading import read_at


def test_no_augmentation_at_p_zero() -> None:
    pictures = torch.randn(4, 3, 16, 16)
    assert torch.equal(augment(pictures, 0.0, torch.Generator().manual_seed(0)), pictures)


def test_augmentation_changes_and_is_differentiable() -> None:
    pictures = torch.rand(16, 3, 16, 16, requires_grad=True)
    changed = augment(pictures, 0.8, torch.Generator().manual_seed(0))
    assert changed.shape == pictures.shape
    assert all(not torch.allclose(a, b) for a, b in zip(changed, pictures, strict=True))
    (gradient,) = torch.autograd.grad(changed.sum(), pictures)
    assert gradient.isfinite().all()
    assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()


def test_augmentation_of_a_part_is_the_part_of_the_whole() -> None:
    pictures = torch.rand(8, 3, 16, 16)
    whole = augment(pictures, 0.5, torch.Generator().manual_seed(4))
    part = augment(pictures[4:], 0.5, torch.Generator().manual_seed(4), (8, slice(4, 8)))
    torch.testing.assert_close(part, whole[4:])


def test_augmentation_keeps_plain_pictures_in_place() -> None:
    """Blue stays where it is and grey stays grey under rotations and hue alone, on average: no drift."""
    flat = torch.full((64, 3, 8, 8), 0.25)
    changed = augment(flat, 1.0, torch.Generator().manual_seed(0))
    spread = changed.std(dim=(2, 3))
    assert spread.max() < 1e-4  # mirrored edges: a flat picture has no border
    assert (changed.std(dim=1) < 1e-4).all()  # no transformation of colours gives grey a hue


def test_reading_at_places_is_torchs_own_and_differentiable_twice() -> None:
    source = torch.Generator().manual_seed(2)
    pictures = torch.randn(2, 1, 5, 5, dtype=torch.float64, generator=source, requires_grad=True)
    grid = torch.rand(2, 4, 4, 2, dtype=torch.float64, generator=source) * 3 - 1.5  # beyond the edges too
    expected = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    torch.testing.assert_close(read_at(pictures, grid), expected)
    assert torch.autograd.gradcheck(lambda x: read_at(x, grid), pictures)
    # linear in the pictures: only a square has a second derivative
    assert torch.autograd.gradgradcheck(lambda x: read_at(x, grid).square(), pictures)


def test_r1_is_taken_through_the_augmentation() -> None:
    """Against the whole Jacobian of what D sees by the pictures themselves."""
    source = torch.Generator().manual_seed(3)
    pictures = torch.rand(2, 3, 8, 8, dtype=torch.float64, generator=source, requires_grad=True)
    weight = torch.randn(3 * 8 * 8, dtype=torch.float64, generator=source, requires_grad=True)

    def augmented(x: torch.Tensor) -> torch.Tensor:
        # in float32 as in a run; D's numbers are double
        return augment(x.float(), 0.9, torch.Generator().manual_seed(7)).double()

    def logits(x: torch.Tensor) -> torch.Tensor:
        return (augmented(x).flatten(1).square() @ weight)[:, None]

    penalty = r1_penalty(logits(pictures), pictures)
    jacobian = torch.autograd.functional.jacobian(lambda x: augmented(x).flatten(1), pictures)
    assert isinstance(jacobian, torch.Tensor)  # (2, 192, 2, 3, 8, 8)
    slope = 2 * augmented(pictures).flatten(1) * weight  # (2, 192): of each logit by what D sees
    by_picture = torch.einsum("ni,ninchw->nchw", slope, jacobian)
    expected = by_picture.square().sum(dim=(1, 2, 3)).mean() / 2
    torch.testing.assert_close(penalty, expected, rtol=1e-4, atol=0)
    at_augmented = slope.square().sum(dim=1).mean() / 2
    assert abs(at_augmented / expected - 1) > 0.05, "the two would be told apart"
    (found,) = torch.autograd.grad(penalty, weight)
    (by_hand,) = torch.autograd.grad(expected, weight)
    torch.testing.assert_close(found, by_hand, rtol=1e-3, atol=1e-6)
