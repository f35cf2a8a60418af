"""Lists of cells against the whole map, against sets of cells made one by one, and in what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import Generator, cell_layer, cell_lists, row_products, tile_products
from gan.cell_layer import CellLayer
from gan.cell_reader import CellReader
from gan.cell_tiles import Tiles
from gan.fixed_region import FixedRegion, make_fixed_region
from gan.random_model import random_architecture, random_generator
from gan.trunk_layers import TrunkLayer, make_trunk_layers
from tests.benchmarks.operations import gmac
from tests.gan.cases import small_architecture

Cell = tuple[int, int]  # x, y
HELD_ROWS = [None, 6, 0]  # rows of w_plus that move; None: all
SIDE = 5


@lru_cache
def generator(picture_px: int, clamp: float | None, base: tuple[int, int]) -> Generator:
    return random_generator(small_architecture(picture_px, 0, clamp, base), picture_px, dtype=torch.float64)


def trunk_layers(of: Generator, block: int, rows: int | None) -> list[TrunkLayer]:
    return make_trunk_layers(of.synthesis, block, None if rows is None else of.sample(1), rows or 0)


def reader_of(of: Generator, block: int, rows: int | None = None) -> tuple[CellReader, list[TrunkLayer]]:
    layers = trunk_layers(of, block, rows)
    return CellReader(of.synthesis.const, layers), layers


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_values_and_gradients_are_those_of_the_whole_map(data: st.DataObject) -> None:
    """Any places, at and beyond the border, any number of windows, with and without a fixed region; every
    gradient, also of only some of the cells; lists throughout, in one part or several, in tiles or
    cell by cell, and whole maps where most cells are needed."""
    of = generator(
        data.draw(st.sampled_from([32, 64, 256])),
        data.draw(st.sampled_from([None, 0.7])),
        data.draw(st.sampled_from([(4, 4), (8, 4)])),
    )
    block = data.draw(st.sampled_from([r for r in of.architecture.block_resolutions if r >= 8]))
    rows, columns = of.architecture.block_size(block)
    side = data.draw(st.integers(1, min(11, rows, columns)))
    corner = st.tuples(st.integers(0, columns - side), st.integers(0, rows - side))
    corners = data.draw(st.lists(corner, min_size=0, max_size=6))
    region: FixedRegion | None = None
    if not corners or data.draw(st.booleans()):
        mask = torch.ones(2 * rows, 2 * columns, dtype=torch.bool)
        for _ in range(data.draw(st.integers(1, 3))):
            x0, y0 = data.draw(st.integers(0, 2 * columns - 1)), data.draw(st.integers(0, 2 * rows - 1))
            x1, y1 = data.draw(st.integers(x0 + 1, 2 * columns)), data.draw(st.integers(y0 + 1, 2 * rows))
            mask[y0:y1, x0:x1] = False
        region = make_fixed_region(mask, (rows, columns), torch.float64)
    moving = data.draw(st.sampled_from(HELD_ROWS))
    share = data.draw(st.sampled_from([0.0, 0.8, 2.0]))  # whole maps only, as it is, lists only
    share_backward = data.draw(st.sampled_from([0.0, 0.5, 2.0]))
    strength = data.draw(st.sampled_from([0.05, 1.0]))  # of cells that something pulls at

    w_plus = of.sample(1).requires_grad_()
    whole = of.features(w_plus, block)
    counted = torch.ones(())
    expected = [torch.stack([whole[:, y : y + side, x : x + side] for x, y in corners])] if corners else []
    if region is not None:
        counted = region.cut(torch.from_numpy(region.cells)[None])
        expected.append(region.cut(whole) * counted)
    source = torch.Generator().manual_seed(0)
    pulls = [
        torch.randn(part.shape, generator=source, dtype=part.dtype)
        * (torch.rand(part.shape[-2:], generator=source) < strength)
        for part in expected
    ]
    total = torch.stack([(part * pull).sum() for part, pull in zip(expected, pulls, strict=True)]).sum()
    (expected_gradient,) = torch.autograd.grad(total, w_plus)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_lists, "WHOLE_SHARE", share)
        patch.setattr(cell_lists, "WHOLE_FROM_CELLS", data.draw(st.sampled_from([1, 64, 1024])))
        patch.setattr(cell_lists, "WHOLE_SHARE_BACKWARD", share_backward)
        patch.setattr(row_products, "PART_BYTES", data.draw(st.sampled_from([5_000, 8 << 20])))
        patch.setattr(tile_products, "TILES_FROM_CHANNELS", data.draw(st.sampled_from([1, 1000])))
        patch.setattr(tile_products, "TILES_FROM", data.draw(st.sampled_from([1, 30])))
        reader, _ = reader_of(of, block, moving)
        origins = torch.tensor(corners, dtype=torch.int64).reshape(-1, 2)
        windows, fixed = reader.read(w_plus, origins, side, region)
        got = [windows] if corners else []
        if fixed is not None:
            got.append(fixed * counted)
        gradient = torch.zeros_like(w_plus)
        if moving != 0:
            total = torch.stack([(part * pull).sum() for part, pull in zip(got, pulls, strict=True)]).sum()
            (gradient,) = torch.autograd.grad(total, w_plus)
    assert windows.shape == (len(corners), whole.shape[0], side, side)
    for part, exact in zip(got, expected, strict=True):
        torch.testing.assert_close(part, exact, rtol=1e-9, atol=1e-9)
    moving = len(w_plus) if moving is None else moving
    torch.testing.assert_close(gradient[:moving], expected_gradient[:moving], rtol=1e-8, atol=1e-9)


def test_many_windows_in_32_bits() -> None:
    """The products that only 32 bits take, at a width and a number of cells where lists are long."""
    of = random_generator(
        random_architecture(256, 4096, 64, z_dim=16, w_dim=16, mapping_layer_count=1), dtype=torch.float32
    )
    places = torch.from_numpy(np.random.RandomState(0).randint(0, 117, (32, 2)))
    w_plus = of.sample(1).requires_grad_()
    whole = of.features(w_plus, 128)
    expected = torch.stack([whole[:, y : y + 11, x : x + 11] for x, y in places.tolist()])
    (expected_gradient,) = torch.autograd.grad(expected.sin().sum(), w_plus)
    reader, _ = reader_of(of, 128, 6)
    windows, _ = reader.read(w_plus, places, 11, None)
    (gradient,) = torch.autograd.grad(windows.sin().sum(), w_plus)
    assert (windows - expected).abs().max() < 1e-4 * expected.abs().max()
    assert (gradient - expected_gradient)[:6].abs().max() < 1e-4 * expected_gradient[:6].abs().max()
    again, _ = reader.read(w_plus, places, 11, None)
    assert torch.equal(again, windows)
    assert torch.equal(torch.autograd.grad(again.sin().sum(), w_plus)[0], gradient)


def receptive_fields(
    layers: list[TrunkLayer], cells: set[Cell]
) -> Iterator[tuple[TrunkLayer, set[Cell], set[Cell]]]:
    """(layer, its cells, the sources that they read), from the top down, one cell at a time."""
    for layer in reversed(layers):
        height, width = layer.source_size
        sources: set[Cell] = set()
        for x, y in cells:
            if layer.conv.up:  # the filter reads x - 1 .. x + 2 of what source s spreads over 2s .. 2s + 2
                across = {s for s in range(width) if any(x - 1 <= 2 * s + a <= x + 2 for a in range(3))}
                down = {s for s in range(height) if any(y - 1 <= 2 * s + a <= y + 2 for a in range(3))}
            else:
                across = {s for s in range(width) if abs(s - x) <= 1}
                down = {s for s in range(height) if abs(s - y) <= 1}
            sources |= {(i, j) for i in across for j in down}
        yield layer, cells, sources
        cells = sources


@settings(deadline=None, max_examples=25)
@given(corners=st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=5))
def test_each_needed_cell_is_computed_once_and_no_other(corners: list[Cell]) -> None:
    reader, layers = reader_of(generator(64, None, (4, 4)), 32)
    read = {(x + i, y + j) for x, y in corners for i in range(SIDE) for j in range(SIDE)}
    least = sum(
        layer.macs(1, len(sources if layer.conv.up else cells))
        for layer, cells, sources in receptive_fields(layers, read)
    )
    whole = sum(layer.macs(*(layer.source_size if layer.conv.up else layer.size)) for layer in layers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_lists, "WHOLE_SHARE", 2.0)
        assert (
            reader_of(generator(64, None, (4, 4)), 32)[0].plan(torch.tensor(corners), SIDE, None).macs
            == least
        )
    # a map of which most is needed is computed whole, and so are those below
    assert least <= reader.plan(torch.tensor(corners), SIDE, None).macs <= min(least / 0.8**6, whole)


def test_only_what_fixed_pixels_read_is_computed_for_a_mask() -> None:
    """Two spots in opposite corners: the box around them is the whole map."""
    of = generator(64, None, (4, 4))
    mask = torch.ones(64, 64, dtype=torch.bool)
    mask[:8, :8] = mask[-8:, -8:] = False
    region = make_fixed_region(mask, (32, 32), torch.float64)
    assert region is not None
    assert region.box == (0, 0, 32, 32)
    # a pixel of two to a cell reads the cell beside its own: five of each corner's rows and columns
    assert {(x, y) for y, x in np.argwhere(region.cells).tolist()} == {
        (x + corner, y + corner) for corner in (0, 27) for x in range(5) for y in range(5)
    }
    reader, layers = reader_of(of, 32)
    plan = reader.plan(torch.empty(0, 2, dtype=torch.int64), SIDE, region)
    assert plan.layers[-1].cells.count == 50
    whole = sum(layer.macs(*(layer.source_size if layer.conv.up else layer.size)) for layer in layers)
    assert plan.macs < whole / 3


def _products_run(layer: TrunkLayer, lists: cell_layer.ForwardCells) -> int:
    """Of a row with a kernel of (in, out)."""
    if isinstance(lists.parts, Tiles):
        return sum(len(part.spread) for part in lists.parts.parts)
    count = (lists.sources if layer.conv.up else lists.cells).count
    return 9 * (count if lists.parts is None else row_products.padded_count(count))


def test_what_is_counted_is_what_is_run() -> None:
    """Lists with their rows of zeros; a whole map's filter is a convolution, too, and counted as one."""
    of = random_generator(
        random_architecture(256, 4096, 64, z_dim=8, w_dim=8, mapping_layer_count=1), dtype=torch.float32
    )
    w_plus = of.sample(1)
    for count in (1, 4, 32):
        places = torch.from_numpy(np.random.RandomState(count).randint(0, 117, (count, 2)))
        reader, layers = reader_of(of, 128, len(w_plus))
        # of the affine layers and the demodulation, a little
        rest = gmac(lambda layers=layers: [layer.scales(w_plus) for layer in layers])
        run = gmac(lambda reader=reader, places=places: reader.read(w_plus, places, 11, None)) - rest
        plan = reader.plan(places, 11, None)
        filled_up = 0
        for layer, lists in zip(layers, plan.layers, strict=True):
            filled_up += _products_run(layer, lists) * layer.conv.in_channels * layer.conv.out_channels
        assert plan.macs <= filled_up
        assert 0.999 * filled_up <= 1e9 * run <= 1.05 * filled_up


@settings(deadline=None, max_examples=15)
@given(
    corners=st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=4),
    data=st.data(),
)
def test_a_backward_pass_begins_at_the_cells_that_something_pulls_at(
    corners: list[Cell], data: st.DataObject
) -> None:
    of = generator(64, None, (4, 4))
    n = data.draw(st.integers(0, len(corners) - 1))
    i, j = data.draw(st.integers(0, SIDE - 1)), data.draw(st.integers(0, SIDE - 1))
    seen: list[int] = []
    original = CellLayer._backward_products  # pyright: ignore[reportPrivateUsage]

    def watch(self: CellLayer, lists: cell_layer.BackwardCells, g: torch.Tensor) -> torch.Tensor:
        seen.append(lists.cells.count)
        return original(self, lists, g)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_lists, "WHOLE_SHARE", 2.0)
        patch.setattr(cell_lists, "WHOLE_SHARE_BACKWARD", 2.0)
        patch.setattr(CellLayer, "_backward_products", watch)
        reader, layers = reader_of(of, 32)
        w_plus = of.sample(1).requires_grad_()
        windows, _ = reader.read(w_plus, torch.tensor(corners), SIDE, None)
        torch.autograd.grad(windows[n, :, j, i].sum(), w_plus)
    pulled = {(corners[n][0] + i, corners[n][1] + j)}
    assert seen == [len(cells) for _, cells, _ in receptive_fields(layers, pulled)]


def test_nothing_pulls() -> None:
    of = generator(64, None, (4, 4))
    reader, _ = reader_of(of, 32, 6)
    w_plus = of.sample(1).requires_grad_()
    windows, _ = reader.read(w_plus, torch.tensor([[3, 4]]), SIDE, None)
    (gradient,) = torch.autograd.grad((windows * 0).sum(), w_plus)
    assert torch.equal(gradient, torch.zeros_like(w_plus))


def test_a_cell_that_is_not_a_number_harms_only_who_reads_it() -> None:
    of = generator(64, None, (4, 4))
    reader, layers = reader_of(of, 32)
    layers[-1].noise[0, 0] = torch.nan  # of this trunk only
    windows, _ = reader.read(of.sample(1), torch.tensor([[0, 0], [10, 10]]), SIDE, None)
    assert not bool(windows[0].isfinite().all())
    assert bool(windows[1].isfinite().all())


def test_where_torch_lacks_the_fast_product_its_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        raise AttributeError("no such operation")

    rows, weight = torch.randn(17, 5), torch.randn(3, 5)
    expected = row_products.product(rows, weight)
    monkeypatch.setattr(row_products, "_onednn_product", missing)
    chosen = row_products._float_product()  # pyright: ignore[reportPrivateUsage]
    assert chosen is not missing
    torch.testing.assert_close(chosen(rows, weight), expected)


def test_one_count_of_rows_serves_many() -> None:
    counts = [row_products.padded_count(count) for count in range(5000)]
    assert all(count < padded <= count + max(16, count // 16) for count, padded in enumerate(counts))
    assert len(set(counts)) < 200
