"""Pictures whose factors and landmarks are known: a folder that `livedrag dataset` wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

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

    Raises TrainError where files are missing or do not belong together.
    """

    def __init__(self, folder: Path, resolution: int, held_out_count: int, device: torch.device) -> None:
        self._pictures = _opened(folder, "pictures.npy", "r")
        self._factors = _opened(folder, "factors.npy", None)
        self._landmarks = _opened(folder, "landmarks.npy", None)
        self.resolution = resolution
        self._device = device
        if self._pictures.dtype != np.uint8 or self._pictures.ndim != 4 or self._pictures.shape[3] != 3:
            raise TrainError(
                f"'{folder}/pictures.npy' is not (N, height, width, 3) of bytes; render it again"
            )
        total, height, width, _ = self._pictures.shape
        if not len(self._factors) == len(self._landmarks) == total:
            raise TrainError(
                f"'{folder}' has {total} pictures, {len(self._factors)} rows of factors and "
                f"{len(self._landmarks)} of landmarks; render it again"
            )
        if height != width or height % resolution:
            raise TrainError(
                f"'{folder}' has pictures of {width} x {height}; --resolution {resolution} needs squares of "
                f"that size or a multiple"
            )
        held_out = min(held_out_count, total // 10)
        if held_out < 1:
            raise TrainError(f"'{folder}' has {total} pictures; paired training needs at least 10")
        self.count = total - held_out
        self.held_out_indices = range(self.count, total)
        self.factor_count = int(self._factors.shape[1])

    def batch(self, indices: list[int] | range) -> PairedBatch:
        """The pictures of those numbers."""
        places = np.asarray(indices)
        size = self._pictures.shape[1]
        # (N, H, W, 3) in memory is channels-last (N, 3, H, W) already
        pictures = torch.from_numpy(np.stack([self._pictures[i] for i in places])).to(self._device)
        pictures = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        if size != self.resolution:
            pictures = F.avg_pool2d(pictures, size // self.resolution)
        factors = torch.from_numpy(self._factors[places]).float().to(self._device)
        landmarks = torch.from_numpy(self._landmarks[places]).float().to(self._device)
        return PairedBatch(pictures, factors, (landmarks + 0.5) / size)


def _opened(folder: Path, name: str, mode: Any) -> Any:
    try:
        return np.load(folder / name, mmap_mode=mode)
    except FileNotFoundError:
        raise TrainError(
            f"'{folder}' has no {name}; give a folder that 'livedrag dataset' wrote as an array"
        ) from None
    except (OSError, ValueError) as error:
        raise TrainError(f"'{folder / name}' cannot be read: {error}; render it again") from error
