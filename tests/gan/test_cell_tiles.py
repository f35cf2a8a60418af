"""Tiles of cells against convolutions, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gan import row_products
from gan.cell_lists import CellList, Cells, sources_of
from gan.cell_tiles import backward_tiles, forward_tiles, position_kernels, tile_count
from gan.random_model import random_architecture, random_generator
from gan.row_products import padded_rows, position_products, tensor_of
from gan.tile_products import TileProducts
from gan.trunk_layers import TrunkLayer, make_trunk_layers


def layer_of(channels: int, dtype: torch.dtype) -> TrunkLayer:
    """One that does not double; to its products the size of its map does not matter."""
    architecture = random_architecture(8, 8 * channels, channels, z_dim=8, w_dim=8, mapping_layer_count=1)
    return make_trunk_layers(random_generator(architecture, dtype=dtype).synthesis, 8)[-1]


@st.composite
def some_cells(draw: st.DrawFn) -> Cells:
    """Of a map of any size, odd ones too: a few windows, at the border as well."""
    height, width = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    cells = np.zeros((height, width), np.bool_)
    for _ in range(draw(st.integers(1, 4))):
        y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        cells[y : y + draw(st.integers(1, 6)), x : x + draw(st.integers(1, 6))] = True
    return cells


def of_map(rows: Tensor, of: CellList) -> Tensor:
    """Rows (cells, C) at their places, zeros elsewhere: (1, C, h, w)."""
    maps = torch.zeros(1, rows.shape[1], *of.size, dtype=rows.dtype)
    maps[0][:, tensor_of(of.ys), tensor_of(of.xs)] = rows[: of.count].T
    return maps


def of_list(maps: Tensor, of: CellList) -> Tensor:
    """The other way."""
    return maps[0][:, tensor_of(of.ys), tensor_of(of.xs)].T


@settings(deadline=None, max_examples=80)
@given(needed=some_cells(), most_tiles=st.sampled_from([1, 5, 1000]), seed=st.integers(0, 99))
def test_tiles_are_convolutions_of_their_cells_and_the_gradients_of_those(
    needed: Cells, most_tiles: int, seed: int
) -> None:
    layer = layer_of(4, torch.float64)
    source = torch.Generator().manual_seed(seed)
    cells, sources = CellList.of(needed), CellList.of(sources_of(needed, False))
    rows = torch.randn(sources.count, layer.conv.in_channels, generator=source, dtype=torch.float64)
    pull = torch.randn(cells.count, layer.conv.out_channels, generator=source, dtype=torch.float64)

    x = of_map(rows, sources).requires_grad_()
    expected = of_list(F.conv2d(x, layer.weight, padding=1), cells)
    (expected_gradient,) = torch.autograd.grad((expected * pull).sum(), x)

    kernel = TileProducts(layer)
    y = kernel.convolve(padded_rows(rows), forward_tiles(cells, sources, torch.float64, most_tiles))
    gradient = kernel.convolve_backward(
        padded_rows(pull), backward_tiles(sources, cells, torch.float64, most_tiles)
    )
    torch.testing.assert_close(y[: cells.count], expected)
    torch.testing.assert_close(gradient[: sources.count], of_list(expected_gradient, sources))
    for computed, of in ((y, cells), (gradient, sources)):
        assert len(computed) == row_products.padded_count(of.count)
        assert not computed[of.count :].any()
    quads = {(y // 2, x // 2) for y, x in zip(cells.ys.tolist(), cells.xs.tolist(), strict=True)}
    assert tile_count(needed) == len(quads)


@pytest.mark.parametrize("mkl_is_slow", [False, True])
def test_32_bits_are_about_as_exact_as_a_convolution(
    monkeypatch: pytest.MonkeyPatch, mkl_is_slow: bool
) -> None:
    """Against 64 bits, of 256 channels: the errors of tiles and of the library's convolution."""
    monkeypatch.setattr(row_products, "MKL_IS_SLOW", mkl_is_slow)
    layer = layer_of(256, torch.float32)
    cells = CellList.of(np.ones((12, 12), np.bool_))
    x = torch.randn(1, 256, 12, 12, generator=torch.Generator().manual_seed(0))
    exact = F.conv2d(x.double(), layer.weight.double(), padding=1)
    convolved = (F.conv2d(x, layer.weight, padding=1) - exact).abs().max()
    tiles = forward_tiles(cells, cells, torch.float32, 20)
    y = TileProducts(layer).convolve(padded_rows(of_list(x, cells)), tiles)
    tiled = (y[: cells.count] - of_list(exact, cells)).abs().max()
    assert tiled < 4 * convolved
    assert tiled < 4e-6 * exact.abs().max()


def test_both_ways_to_multiply_positions_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, kernels = torch.randn(16, 7, 5), torch.randn(16, 5, 3)
    products: list[Tensor] = []
    for slow in (False, True):
        monkeypatch.setattr(row_products, "MKL_IS_SLOW", slow)
        products.append(position_products(rows, kernels))
    torch.testing.assert_close(products[0], products[1])


def test_the_kernel_of_the_middle_position_is_a_quarter_of_the_taps_sum() -> None:
    """Of equal cells only that position is not 0: it adds up four of them."""
    weight = torch.randn(2, 3, 3, 3, dtype=torch.float64)
    kernels = position_kernels(weight)
    assert kernels.shape == (16, 3, 2)
    torch.testing.assert_close(4 * kernels[5], weight.sum(dim=(2, 3)).T)
