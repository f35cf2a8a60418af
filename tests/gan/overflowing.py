"""A way to make pictures in 16 bits that overflows when a test says so."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gan import Generator
from gan.half_picture import HalfPicture


class Overflowing:
    """A faster way whose pictures are finite until they are not."""

    def __init__(self, finite_count: int) -> None:
        self._left = finite_count

    def __call__(self, generator: Generator) -> Callable[[Tensor], Tensor]:
        exact = HalfPicture(generator, torch.float32)
        return lambda w_plus: exact(w_plus) * w_plus.new_tensor(float("nan") if self._spent() else 1.0)

    def _spent(self) -> bool:
        self._left -= 1
        return self._left < 0
