"""A layer's convolution in every way that it is made, against the plain one and autograd's gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gan import layer_kernels
from gan.layer_kernels import LayerKernels
from gan.layers import upsampling_conv
from gan.trunk_layers import TrunkLayer, make_trunk_layers
from tests.gan.cases import small_generator

WAYS = {"products": (2**26, 2**20), "products, filtered": (2**26, 0), "convolution": (0, 0)}
LAYERS = make_trunk_layers(small_generator().synthesis, 16)


def plain(layer: TrunkLayer, x: torch.Tensor) -> torch.Tensor:
    """On a whole map."""
    if layer.conv.up:
        return upsampling_conv(x, layer.weight, layer.conv.fir)
    return F.conv2d(x, layer.weight, padding=1)


@pytest.fixture(params=WAYS)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    products, filters = WAYS[request.param]
    monkeypatch.setattr(layer_kernels, "PRODUCT_VALUES", products)
    monkeypatch.setattr(layer_kernels, "FILTER_VALUES", filters)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: f"{layer.size[0]}{'up' * layer.conv.up}")
def test_the_whole_map(layer: TrunkLayer) -> None:
    noise = torch.Generator().manual_seed(1)
    x = torch.randn(1, layer.conv.in_channels, *layer.source_size, generator=noise, dtype=torch.double)
    expected = plain(layer, x.requires_grad_())
    pull = torch.randn(expected.shape, generator=noise, dtype=torch.double)
    kernel = LayerKernels(layer).whole()
    torch.testing.assert_close(kernel.forward(x.detach()), expected)
    torch.testing.assert_close(kernel.backward(pull), torch.autograd.grad(expected, x, pull)[0])


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("size", [(4, 6), (5, 5)])
@pytest.mark.parametrize("layer", LAYERS[:3], ids=lambda layer: f"{layer.size[0]}{'up' * layer.conv.up}")
def test_windows(layer: TrunkLayer, size: tuple[int, int], count: int) -> None:
    """Cells whose neighbours are all there: as on a whole map, and nothing else takes part."""
    up = layer.conv.up
    source = tuple((n + 1) // 2 + 2 if up else n + 2 for n in size)
    assert len(source) == 2
    noise = torch.Generator().manual_seed(2)
    x = torch.randn(count, layer.conv.in_channels, *source, generator=noise, dtype=torch.double)
    begin = 2 if up else 1  # of the cells whose neighbours are all there
    expected = plain(layer, x.requires_grad_())[..., begin : begin + size[0], begin : begin + size[1]]
    pull = torch.randn(expected.shape, generator=noise, dtype=torch.double)
    kernel = LayerKernels(layer).window(source, size, count)
    torch.testing.assert_close(kernel.forward(x.detach()), expected)
    torch.testing.assert_close(kernel.backward(pull), torch.autograd.grad(expected, x, pull)[0])
