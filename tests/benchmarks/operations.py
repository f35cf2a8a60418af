"""Counts the multiply-adds of a call: convolutions, matrix products, and oneDNN's products of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def gmac(work: Callable[[], object]) -> float:
    """Multiply-adds of one call, in 10^9. torch does not count the products that `gan.row_products` calls."""
    counter = FlopCounterMode(display=False, custom_mapping=_row_products())
    with counter:
        work()
    return counter.get_total_flops() / 2e9


def _row_products() -> dict[Any, Any]:
    operation = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
    return {} if operation is None else {operation: _row_product_flops}


def _row_product_flops(rows: tuple[int, int], weight: tuple[int, int], *_: object, **__: object) -> int:
    """Shapes (P, K) and (N, K)."""
    return 2 * rows[0] * rows[1] * weight[0]
