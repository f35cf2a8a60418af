"""Which pictures a step sees: a function of the seed and the count of pictures seen, so nothing is stored."""

from __future__ import annotations

import numpy as np


class SampleOrder:
    """Endless epochs over `count` pictures, each in an order of its own."""

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self._seed = seed
        self._epoch = -1
        self._order = np.zeros(0, np.int64)

    def indices(self, first: int, count: int) -> list[int]:
        """Pictures number first .. first + count - 1 of the run."""
        return [self._index(number) for number in range(first, first + count)]

    def _index(self, number: int) -> int:
        epoch, place = divmod(number, self.count)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((self._seed, epoch)).permutation(self.count)
        return int(self._order[place])
