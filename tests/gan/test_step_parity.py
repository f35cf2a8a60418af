"""In 32 bits, features and the loss's gradient in w+ against the reference in 64: to 1e-4, everywhere."""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import Generator
from gan.feature_source import WindowedSource
from gan.fixed_region import make_fixed_region
from gan.mask_term import mask_loss
from gan.random_model import random_generator, random_tensors
from tests.gan.cases import small_architecture
from tests.reference.network import ReferenceNetwork


@lru_cache
def subject(picture_px: int) -> tuple[Generator, ReferenceNetwork]:
    architecture = small_architecture(picture_px)
    reference = ReferenceNetwork(random_tensors(architecture, 2), picture_px, weight_gradients=False)
    return random_generator(architecture, 2), reference


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_features_and_gradients_of_the_latent(data: st.DataObject) -> None:
    picture_px = data.draw(st.sampled_from([32, 64, 256]))
    generator, reference = subject(picture_px)
    cells = generator.architecture.default_feature_resolution
    last = picture_px - 1
    coordinate = st.one_of(st.sampled_from([0.0, float(last)]), st.floats(0, last))
    points = data.draw(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=6))
    centres = torch.tensor(points, dtype=torch.float64)
    masked = data.draw(st.booleans())
    mask = torch.ones(picture_px, picture_px, dtype=torch.bool)
    if masked:
        y, x = (data.draw(st.integers(0, last)) for _ in range(2))
        mask[y:, : x + 1] = False
    start, now = generator.sample(1), generator.sample(2) * 0.1 + generator.sample(1) * 0.9
    rows = 6
    now[rows:] = start[rows:]

    # the reference: the enlarged map, read at the points and a little beside them
    exact = now.double().requires_grad_()
    size = (picture_px, picture_px)
    with torch.no_grad():
        map0 = reference.synthesis(start.double()[None])[1][cells]
    enlarged = F.interpolate(
        reference.synthesis(exact[None])[1][cells], size=size, mode="bilinear", align_corners=False
    )
    places = (centres[:, None] + torch.tensor([[0.0, 0.0], [2.3, -1.6]]).double()).clamp(0, last)
    grid = places[None] / last * 2 - 1  # (1, N, 2, 2)
    expected = F.grid_sample(enlarged, grid, padding_mode="border", align_corners=True)[0]  # (C, N, 2)
    loss = expected.sin().sum()
    if masked:
        start_map = F.interpolate(map0, size=size, mode="bilinear", align_corners=False)
        loss = loss + 20 * ((enlarged - start_map)[0] * ~mask).abs().mean()
    (expected_gradient,) = torch.autograd.grad(loss, exact)

    region = make_fixed_region(mask, (cells, cells), torch.float32)
    source = WindowedSource(generator, cells, start, rows)
    leaf = now.clone().requires_grad_()
    evaluation = source.evaluate(leaf, centres.float(), 4.0 * picture_px / cells, region)
    read = torch.stack(
        [
            evaluation.windows.read(places[:, i, :1].float(), places[:, i, 1:].float())[:, :, 0, 0]
            for i in range(2)
        ],
        dim=2,
    )  # (N, C, 2)
    loss = read.sin().sum()
    if region is not None:
        assert evaluation.fixed is not None
        loss = loss + 20 * mask_loss(evaluation.fixed, generator.features(start, cells), region)
    (gradient,) = torch.autograd.grad(loss, leaf)
    assert relative(read.transpose(0, 1), expected) < 1e-4
    assert relative(gradient[:rows], expected_gradient[:rows]) < 1e-4


def relative(got: torch.Tensor, expected: torch.Tensor) -> float:
    expected = expected.detach()
    return float((got.detach().double() - expected).norm() / expected.norm())


def test_the_comparison_notices() -> None:
    assert relative(torch.ones(3) * 1.001, torch.ones(3).double()) == pytest.approx(1e-3, rel=1e-2)
