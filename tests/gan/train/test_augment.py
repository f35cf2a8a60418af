"""Adaptive augmentation: nothing at p = 0, the same for a part of the batch, and no drift."""

from __future__ import annotations

import torch

from gan.train.augment import augment


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
