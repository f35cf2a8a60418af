"""Windows cut from a whole map: by slices where their places are on the host, by products where they are not.

Of a map that is finite both give the same values to the last bit. Products with 0/1 matrices read the places
on the device: nothing waits for it, shapes do not depend on them, and they are deterministic there (an
indexed read has an atomic backward). A processor copies the slices instead, in a small part of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

Size = tuple[int, int]  # cells: height, width
Place = tuple[int, int]  # cells: x, y
Part = tuple[slice, slice, slice]


def cut_by_products(x: Tensor, origins: Tensor, size: Size) -> Tensor:
    """Windows (N, C, *size) of a map (1, C, h, w) beginning at `origins` (N, 2), zero where they leave it."""
    _, channels, height, width = x.shape
    count = origins.shape[0]
    across = _selection(origins[:, 0], size[1], width, x.dtype)  # (N, K, w)
    down = _selection(origins[:, 1], size[0], height, x.dtype)  # (N, K, h)
    rows = down.reshape(1, -1, height) @ x[0]  # (C, N * K, w)
    rows = rows.view(channels, count, size[0], width).transpose(0, 1)  # (N, C, K, w)
    rows = rows.reshape(count, channels * size[0], width) @ across.transpose(1, 2)  # (N, C * K, K')
    return rows.view(count, channels, *size)


def cut_by_slices(x: Tensor, origins: Tensor, size: Size) -> Tensor:
    """The same. Reads `origins` on the host, for which a device would be waited for."""
    apply = cast(Callable[[Tensor, list[Place], Size], Tensor], _Slices.apply)  # pyright: ignore[reportUnknownMemberType]
    # sync: none where the origins are on the host, which this is for
    return apply(x, cast(list[Place], origins.tolist()), size)  # pyright: ignore[reportUnknownMemberType]


class _Slices(torch.autograd.Function):
    """Slices of one map, one below the other. Not differentiable twice."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, places: list[Place], size: Size) -> Tensor:
        ctx.shape, ctx.places = x.shape, places
        windows = x.new_zeros((len(places), x.shape[1], *size))
        for window, place in zip(windows, places, strict=True):
            in_window, in_map = _overlap(place, size, x.shape)
            window[in_window] = x[0][in_map]
        return windows

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        windows = grad_outputs[0]
        x = windows.new_zeros(ctx.shape)
        for window, place in zip(windows, ctx.places, strict=True):
            in_window, in_map = _overlap(place, (windows.shape[2], windows.shape[3]), ctx.shape)
            x[0][in_map] += window[in_window]
        return x, None, None


def _overlap(place: Place, size: Size, map_shape: torch.Size) -> tuple[Part, Part]:
    """What a window at `place` shares with a map (1, C, h, w): that part of the window, and of the map."""
    rows, map_rows = _shared(place[1], size[0], map_shape[2])
    columns, map_columns = _shared(place[0], size[1], map_shape[3])
    return (slice(None), rows, columns), (slice(None), map_rows, map_columns)


def _shared(start: int, length: int, cells: int) -> tuple[slice, slice]:
    first = min(max(start, 0), cells)
    last = max(min(start + length, cells), first)
    return slice(first - start, last - start), slice(first, last)


def _selection(origin: Tensor, size: int, cells: int, dtype: torch.dtype) -> Tensor:
    """0/1 matrix (N, size, cells): row i picks cell origin + i, or nothing outside the map."""
    wanted = origin[:, None, None] + torch.arange(size, device=origin.device)[:, None]
    return (wanted == torch.arange(cells, device=origin.device)).to(dtype)
