"""Pictures whose factors and landmarks are known: a set that `livedrag dataset` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.critters.dataset import open_array
from gan.critters.render_blocks import Array
from gan.train.settings import TrainError


@dataclass(frozen=True)
class PairedBatch:
    """pictures (N, 3, H, W) in -1..1; factors (N, z_dim); landmarks (N, L, 2), (x, y) as shares of the
    picture's size: 0 is its left or top edge."""

    pictures: Tensor
    factors: Tensor
    landmarks: Tensor


class PairedSet:
    """The set in memory-mapped files, read batch by batch, brought to `resolution`.

    The set's first pictures are held out, not its last: a set that is still being rendered grows at the end.
    Raises DatasetError where it is none, TrainError where it is too small or of another size.
    """

    def __init__(self, folder: Path, resolution: int, held_out_count: int, device: torch.device) -> None:
        self._set = open_array(folder)
        self._device = device
        self.resolution = resolution
        if self._set.resolution % resolution:
            raise TrainError(
                f"'{folder}' has pictures of {self._set.resolution} px; --resolution {resolution} needs that "
                "size or a multiple"
            )
        total = len(self._set)
        self._held_out_count = min(held_out_count, total // 10)
        if self._held_out_count < 1:
            raise TrainError(f"'{folder}' has {total} pictures; paired training needs at least 10")
        self.count = total - self._held_out_count

    def training_batch(self, indices: Sequence[int]) -> PairedBatch:
        """Pictures to train on, 0 .. count - 1."""
        return self._batch([self._held_out_count + i for i in indices])

    def held_out_batches(self, size: int) -> list[PairedBatch]:
        """The pictures that are never trained on."""
        everything = range(self._held_out_count)
        return [self._batch(everything[i : i + size]) for i in range(0, self._held_out_count, size)]

    def _batch(self, numbers: Sequence[int]) -> PairedBatch:
        places = np.asarray(numbers)
        size = self._set.resolution
        # (N, H, W, 3) in memory is channels-last (N, 3, H, W) already
        pictures = self._tensor(self._set.pictures[places])
        pictures = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        if size != self.resolution:
            pictures = F.avg_pool2d(pictures, size // self.resolution)
        factors = self._tensor(self._set.factors[places])
        landmarks = self._tensor(self._set.landmarks[places])
        return PairedBatch(pictures, factors, (landmarks + 0.5) / size)

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)  # pyright: ignore[reportUnknownMemberType]
