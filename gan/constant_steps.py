"""Rows of whole numbers that steps count by, made once for each device: on a GPU every small operation costs
as much as the next, and a recorded step would make them anew with every replay."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


@cache
def counted(first: int, last: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """(last - first + 1,): first .. last. Kept for good: recorded steps read it."""
    return torch.arange(first, last + 1, device=device, dtype=dtype)
