"""Both ways of cutting windows are indexing into a map with zeros around it, and so are their gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan.window_cut import Size, cut_by_products, cut_by_slices

Cut = Callable[[torch.Tensor, torch.Tensor, Size], torch.Tensor]
WAYS: list[Cut] = [cut_by_slices, cut_by_products]
PLACES = st.lists(st.tuples(st.integers(-9, 12), st.integers(-9, 12)), min_size=1, max_size=5)
SIZES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def by_hand(x: torch.Tensor, places: list[tuple[int, int]], size: Size) -> torch.Tensor:
    """Cell by cell."""
    _, channels, height, width = x.shape
    windows = torch.zeros(len(places), channels, *size, dtype=x.dtype)
    for n, (x0, y0) in enumerate(places):
        for i in range(size[0]):
            for j in range(size[1]):
                if 0 <= y0 + i < height and 0 <= x0 + j < width:
                    windows[n, :, i, j] = x[0, :, y0 + i, x0 + j]
    return windows


@pytest.mark.parametrize("cut", WAYS)
@given(places=PLACES, size=SIZES, cells=SIZES)
def test_windows_hold_the_cells_under_them_and_zeros_beyond_the_map(
    cut: Cut, places: list[tuple[int, int]], size: Size, cells: Size
) -> None:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(1, 3, *cells, generator=source, dtype=torch.double)
    windows = cut(x, torch.tensor(places), size)
    assert torch.equal(windows, by_hand(x, places, size))


@pytest.mark.parametrize("cut", WAYS)
@given(places=PLACES, size=SIZES, cells=SIZES)
def test_what_windows_pull_at_arrives_in_the_map(
    cut: Cut, places: list[tuple[int, int]], size: Size, cells: Size
) -> None:
    source = torch.Generator().manual_seed(1)
    x = torch.randn(1, 2, *cells, generator=source, dtype=torch.double)
    pull = torch.randn(len(places), 2, *size, generator=source, dtype=torch.double)
    gradients: list[torch.Tensor] = []
    for way in (cut, lambda x, origins, size: by_hand(x, places, size)):
        leaf = x.clone().requires_grad_()
        total = (way(leaf, torch.tensor(places), size) * pull).sum()
        if not total.requires_grad:  # by hand, no window meets the map
            gradients.append(torch.zeros_like(x))
            continue
        gradients += torch.autograd.grad(total, leaf)
    assert torch.allclose(gradients[0], gradients[1], atol=1e-12)


def test_slices_beside_a_cell_that_is_not_a_number_stay_numbers() -> None:
    x = torch.ones(1, 1, 4, 4)
    x[0, 0, 0, 0] = torch.nan
    assert bool(cut_by_slices(x, torch.tensor([[1, 1]]), (3, 3)).isfinite().all())
