"""Windows cut from a whole map by products with 0/1 matrices, which read the windows' places on the device:
nothing waits for it, shapes do not depend on them, and they are deterministic there (an indexed read has an
atomic backward)."""

from __future__ import annotations

import torch
from torch import Tensor

Size = tuple[int, int]  # cells: height, width


def cut_windows(x: Tensor, origins: Tensor, size: Size) -> Tensor:
    """Windows (N, C, *size) of a map (1, C, h, w) beginning at `origins` (N, 2), zero where they leave it."""
    _, channels, height, width = x.shape
    count = origins.shape[0]
    across = _selection(origins[:, 0], size[1], width, x.dtype)  # (N, K, w)
    down = _selection(origins[:, 1], size[0], height, x.dtype)  # (N, K, h)
    rows = down.reshape(1, -1, height) @ x[0]  # (C, N * K, w)
    rows = rows.view(channels, count, size[0], width).transpose(0, 1)  # (N, C, K, w)
    rows = rows.reshape(count, channels * size[0], width) @ across.transpose(1, 2)  # (N, C * K, K')
    return rows.view(count, channels, *size)


def _selection(origin: Tensor, size: int, cells: int, dtype: torch.dtype) -> Tensor:
    """0/1 matrix (N, size, cells): row i picks cell origin + i, or nothing outside the map."""
    wanted = origin[:, None, None] + torch.arange(size, device=origin.device)[:, None]
    return (wanted == torch.arange(cells, device=origin.device)).to(dtype)
