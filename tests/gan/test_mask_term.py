"""The mask term on the fixed region's cells, by quads and by phases, against the published enlarged copy."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import enlarged_sum
from gan.fixed_region import make_fixed_region
from gan.mask_term import mask_loss


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_loss_and_gradient_equal_those_of_the_enlarged_copy(data: st.DataObject) -> None:
    cells = data.draw(st.sampled_from([(4, 4), (8, 8), (16, 8), (32, 32)]))
    scale = data.draw(st.sampled_from([1, 2, 4, 8]))
    channels = data.draw(st.integers(1, 6))
    size = (cells[0] * scale, cells[1] * scale)
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 999)))
    mask = torch.ones(size, dtype=torch.bool)
    if data.draw(st.booleans()):  # a painted rectangle, often at the border
        y, x = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
        y1, x1 = data.draw(st.integers(y + 1, size[0])), data.draw(st.integers(x + 1, size[1]))
        mask[y:y1, x:x1] = False
    else:
        mask = torch.rand(size, generator=source) < data.draw(st.sampled_from([0.1, 0.6, 0.999]))
        mask[-1, 0] = False
    start = torch.randn(channels, *cells, dtype=torch.float64, generator=source)
    # differences that lie on both sides of everything, that are small, and that lie on one side
    noise, offset = data.draw(st.sampled_from([(1.0, 0.0), (0.1, 0.0), (0.3, 1.0), (0.3, -1.0)]))
    change = torch.randn(channels, *cells, dtype=torch.float64, generator=source)
    now = (start + noise * change + offset).requires_grad_()

    smoothing = data.draw(st.sampled_from([0.0, 0.2, 3.0]))

    enlarged = F.interpolate((now - start)[None], size=size, mode="bilinear", align_corners=False) * (~mask)
    expected = enlarged.abs().mean()
    if smoothing:
        threshold = smoothing * float(start.abs().mean())
        expected = F.huber_loss(enlarged, torch.zeros_like(enlarged), delta=threshold) / threshold
    (expected_gradient,) = torch.autograd.grad(3 * expected, now)
    for whole in (False, True):
        region = make_fixed_region(mask, cells, torch.float64, whole=whole)
        assert region is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(enlarged_sum, "QUADS_FROM_PHASES", data.draw(st.sampled_from([2, 100])))
            patch.setattr(enlarged_sum, "QUADS_AT_A_TIME", data.draw(st.sampled_from([100, 2**17])))
            patch.setattr(enlarged_sum, "CPU_PIECE_VALUES", data.draw(st.sampled_from([100, 2**19])))
            loss = mask_loss(region.cut(now), start, region, smoothing)
        (gradient,) = torch.autograd.grad(3 * loss, now)
        assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-12)
        torch.testing.assert_close(gradient, expected_gradient, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("whole", [False, True])
def test_a_mask_that_fixes_nothing_has_no_region(whole: bool) -> None:
    """Also where regions are whole, on a GPU: a drag without one moves other rows."""
    assert make_fixed_region(torch.ones(16, 16, dtype=torch.bool), (8, 8), torch.float32, whole) is None


def test_many_channels_go_through_in_pieces() -> None:
    source = torch.Generator().manual_seed(1)
    now, start = torch.randn(2, 70, 128, 128, dtype=torch.float64, generator=source).requires_grad_()
    mask = torch.rand(512, 512, generator=source) < 0.6
    region = make_fixed_region(mask, (128, 128), torch.float64)
    assert region is not None
    enlarged = F.interpolate((now - start)[None], size=(512, 512), mode="bilinear", align_corners=False)
    loss = mask_loss(region.cut(now), start, region)
    assert float(loss.detach()) == pytest.approx(float((enlarged * (~mask)).abs().mean().detach()), rel=1e-12)


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_feature_that_overflowed_is_not_lost_in_the_sum(value: float, smoothing: float, scale: int) -> None:
    """Of one cell, which no handle need be near: the step is refused by its loss."""
    start = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(0))
    now = start + 0.1
    now[1, 3, 4] = value
    region = make_fixed_region(torch.zeros(8 * scale, 8 * scale, dtype=torch.bool), (8, 8), torch.float32)
    assert region is not None
    assert not bool(mask_loss(region.cut(now), start, region, smoothing).isfinite())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_nothing_is_held_where_features_are_nothing(smoothing: float) -> None:
    mask = torch.zeros(16, 16, dtype=torch.bool)
    region = make_fixed_region(mask, (8, 8), torch.float32)
    assert region is not None
    now = torch.zeros(2, 8, 8, requires_grad=True)
    loss = mask_loss(region.cut(now), torch.zeros(2, 8, 8), region, smoothing)
    (gradient,) = torch.autograd.grad(loss, now)
    assert float(loss.detach()) == 0
    assert not bool(gradient.any())
