"""Frozen features: the folded network computes what the package's own does, and says when it is missing."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from gan import image_features
from gan.image_features import ImageFeatures, MissingPackageError


def test_maps_are_those_of_the_package() -> None:
    network: Any = image_features._pretrained_network()  # pyright: ignore[reportPrivateUsage]
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    expected: list[torch.Tensor] = []
    with torch.no_grad():
        x = ((pictures + 1) / 2 - mean) / deviation
        x = network._swish(network._bn0(network._conv_stem(x)))
        for block in network._blocks:
            x = block(x)
            expected.append(x)
    features = ImageFeatures((0, 2, 4, 10, 15), pooled_size_px=64)
    assert all(not p.requires_grad for p in features.parameters())
    for tap, found in zip(features.taps, features(pictures), strict=True):
        torch.testing.assert_close(found, expected[tap], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(features.pooled(pictures), expected[15].mean(dim=(2, 3)), rtol=1e-4, atol=1e-3)


def test_sizes_and_gradients() -> None:
    features = ImageFeatures()
    pictures = torch.zeros(2, 3, 32, 32, requires_grad=True)
    maps = features(pictures)
    assert [tuple(m.shape) for m in maps] == [(2, 16, 16, 16), (2, 24, 8, 8), (2, 40, 4, 4)]
    torch.stack([m.mean() for m in maps]).sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().max() > 0
    assert features.pooled(torch.zeros(2, 3, 48, 40)).shape == (2, 320)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(MissingPackageError, match="pip install efficientnet-lite-pytorch") as raised:
        ImageFeatures()
    assert "\n" not in str(raised.value)
