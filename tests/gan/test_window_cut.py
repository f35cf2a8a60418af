"""Cutting windows is indexing into a map with zeros around it, and so is its gradient."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from gan.window_cut import Size, cut_windows

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


@given(places=PLACES, size=SIZES, cells=SIZES)
def test_windows_hold_the_cells_under_them_and_zeros_beyond_the_map(
    places: list[tuple[int, int]], size: Size, cells: Size
) -> None:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(1, 3, *cells, generator=source, dtype=torch.double)
    windows = cut_windows(x, torch.tensor(places), size)
    assert torch.equal(windows, by_hand(x, places, size))


@given(places=PLACES, size=SIZES, cells=SIZES)
def test_what_windows_pull_at_arrives_in_the_map(
    places: list[tuple[int, int]], size: Size, cells: Size
) -> None:
    source = torch.Generator().manual_seed(1)
    x = torch.randn(1, 2, *cells, generator=source, dtype=torch.double)
    pull = torch.randn(len(places), 2, *size, generator=source, dtype=torch.double)
    gradients: list[torch.Tensor] = []
    for way in (cut_windows, lambda x, origins, size: by_hand(x, places, size)):
        leaf = x.clone().requires_grad_()
        total = (way(leaf, torch.tensor(places), size) * pull).sum()
        if not total.requires_grad:  # by hand, no window meets the map
            gradients.append(torch.zeros_like(x))
            continue
        gradients += torch.autograd.grad(total, leaf)
    assert torch.allclose(gradients[0], gradients[1], atol=1e-12)
