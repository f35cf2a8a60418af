"""One scale for all sizes, and detail measured on it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan.evaluate.common_scale import COMPARED_AT_PX, to_common_scale, to_pictures
from gan.evaluate.sharpness import detail_energy, root_mean_detail, sharpness_ratio
from gan.generator import to_uint8


def waves(period_px: float, size: int = COMPARED_AT_PX) -> Tensor:
    x = (torch.arange(size) * 2 * math.pi / period_px).sin()
    return (0.5 * x).expand(1, 3, size, size)


@pytest.mark.parametrize("size", [64, 128, 256])
def test_every_size_comes_to_the_common_one_with_its_colours(size: int) -> None:
    values = to_common_scale(torch.full((2, 3, size, size), 200, dtype=torch.uint8))
    assert values.shape == (2, 3, COMPARED_AT_PX, COMPARED_AT_PX)
    assert values.min() == pytest.approx(200 / 127.5 - 1, abs=1e-5)
    assert values.max() == pytest.approx(200 / 127.5 - 1, abs=1e-5)


def test_a_large_picture_is_averaged_when_it_is_reduced() -> None:
    stripes = torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    stripes[..., ::2] = 255  # a filter that only picks pixels would see black or white
    inner = to_common_scale(stripes)[..., 4:-4]  # at the border the filter has one side only
    assert inner.abs().max() < 0.01


def test_pictures_are_rounded_as_a_session_rounds_them() -> None:
    values = torch.linspace(-1.2, 1.2, 3 * 8 * 8).view(3, 8, 8)
    assert torch.equal(to_pictures(values[None])[0].permute(1, 2, 0), to_uint8(values))


def test_detail_is_what_a_blur_takes_away() -> None:
    assert detail_energy(waves(1e9)).item() == pytest.approx(0, abs=1e-9)
    fine, coarse = detail_energy(waves(3)).item(), detail_energy(waves(24)).item()
    assert fine > 100 * coarse
    assert root_mean_detail(torch.tensor([4.0, 4.0])) == 2


def test_half_the_contrast_is_half_the_sharpness_and_a_blurred_picture_less_than_a_sharp_one() -> None:
    sharp = detail_energy(waves(4))
    assert sharpness_ratio(detail_energy(waves(4) / 2), sharp) == pytest.approx(0.5, rel=1e-4)
    source = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (1, 3, 128, 128), generator=source, dtype=torch.uint8)
    small = torch.nn.functional.avg_pool2d(noise.float(), 2).round().to(torch.uint8)
    ratio = sharpness_ratio(detail_energy(to_common_scale(small)), detail_energy(to_common_scale(noise)))
    assert 0 < ratio < 0.5
