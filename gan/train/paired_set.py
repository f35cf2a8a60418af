"""Pictures whose factors and landmarks are known: a set that `livedrag dataset` wrote.

On a processor it is read from its files batch by batch. On a GPU that has room for it, it lies there whole,
as bytes, and a batch is gathered there by indices that the host never sees: so a recorded step can do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.critters.dataset import CritterArray, open_array
from gan.critters.factors import mirror_signs
from gan.critters.landmarks import LANDMARK_NAMES
from gan.critters.render_blocks import Array
from gan.train.settings import TrainError

RESIDENT_SHARE = 0.5  # of a GPU's free memory, that a set may take
_COPIED_AT_ONCE = 1024  # pictures

_SIDES = ("_left", "_right")
_OTHER_SIDE = {
    stem + here: stem + there
    for here, there in (_SIDES, _SIDES[::-1])
    for stem in (name.removesuffix(here) for name in LANDMARK_NAMES if name.endswith(here))
}


@dataclass(frozen=True)
class PairedBatch:
    """pictures (N, 3, H, W) in -1..1; factors (N, z_dim); landmarks (N, L, 2), (x, y) as shares of the
    picture's size: 0 is its left or top edge."""

    pictures: Tensor
    factors: Tensor
    landmarks: Tensor


class PairedSet:
    """The set, brought to `resolution`.

    Of every picture there are two, itself and its mirror image, which has known factors too: the second half
    of the numbers. The set's first pictures are held out, not its last: a set that is still being rendered
    grows at the end.
    resident: whether it lies on the device; None = on a GPU with room for it.
    Raises DatasetError where it is none, TrainError where it is too small or of another size.
    """

    def __init__(
        self,
        folder: Path,
        resolution: int,
        held_out_count: int,
        device: torch.device,
        resident: bool | None = None,
    ) -> None:
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
        self._kept_count = total - self._held_out_count
        self.count = 2 * self._kept_count
        if resident is None:
            resident = _has_room(device, self._set.pictures.nbytes)
        self._resident = _on_device(self._set, device) if resident else None
        _mirroring(self._tensor(np.zeros(0)).device)  # made now: a step that is being recorded cannot

    @property
    def is_resident(self) -> bool:
        """Whether `gathered` can be asked."""
        return self._resident is not None

    def training_batch(self, indices: Sequence[int]) -> PairedBatch:
        """Pictures to train on, 0 .. count - 1."""
        if self._resident is not None:
            return self.gathered(torch.tensor(indices).to(self._device))
        batch = self._batch([self._held_out_count + i % self._kept_count for i in indices])
        turned = torch.tensor([i >= self._kept_count for i in indices], device=self._device)
        return where_mirrored(batch, turned)

    def gathered(self, indices: Tensor) -> PairedBatch:
        """`training_batch` of indices (N,) on the device, without waiting for it, where the set lies
        there."""
        assert self._resident is not None
        places = self._held_out_count + indices % self._kept_count
        # mirrored as bytes, which are a quarter of the floats
        return self._as_floats(where_mirrored(self._rows(places), indices >= self._kept_count))

    def held_out_batches(self, size: int) -> list[PairedBatch]:
        """The pictures that are never trained on."""
        everything = range(self._held_out_count)
        return [self._batch(everything[i : i + size]) for i in range(0, self._held_out_count, size)]

    def _batch(self, numbers: Sequence[int]) -> PairedBatch:
        if self._resident is not None:
            return self._as_floats(self._rows(torch.tensor(numbers).to(self._device)))
        places = np.asarray(numbers)
        # (N, H, W, 3) in memory is channels-last (N, 3, H, W) already
        pictures = self._tensor(self._set.pictures[places]).permute(0, 3, 1, 2)
        factors = self._tensor(self._set.factors[places])
        landmarks = self._tensor(self._set.landmarks[places])
        return self._as_floats(PairedBatch(pictures, factors, (landmarks + 0.5) / self._set.resolution))

    def _rows(self, places: Tensor) -> PairedBatch:
        """Of the whole set on the device, pictures still as bytes."""
        assert self._resident is not None
        whole = self._resident.pictures, self._resident.factors, self._resident.landmarks
        return PairedBatch(*(rows.index_select(0, places) for rows in whole))

    def _as_floats(self, batch: PairedBatch) -> PairedBatch:
        pictures = batch.pictures.float() / 127.5 - 1
        if self._set.resolution != self.resolution:
            pictures = F.avg_pool2d(pictures, self._set.resolution // self.resolution)
        return PairedBatch(pictures, batch.factors, batch.landmarks)

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)  # pyright: ignore[reportUnknownMemberType]


def where_mirrored(batch: PairedBatch, turned: Tensor) -> PairedBatch:
    """The batch with the mirror images of the pictures that are `turned` (N,)."""
    signs, order = _mirroring(batch.factors.device)
    landmarks = batch.landmarks.index_select(1, order)
    landmarks = torch.stack([1 - landmarks[..., 0], landmarks[..., 1]], dim=2)
    return PairedBatch(
        torch.where(turned[:, None, None, None], batch.pictures.flip(3), batch.pictures),
        torch.where(turned[:, None], batch.factors * signs, batch.factors),
        torch.where(turned[:, None, None], landmarks, batch.landmarks),
    )


@cache
def _mirroring(device: torch.device) -> tuple[Tensor, Tensor]:
    """(signs of the factors (F,), which landmark takes the place of each (L,)), on the device once for
    all."""
    names = [_OTHER_SIDE.get(name, name) for name in LANDMARK_NAMES]
    order = torch.tensor([LANDMARK_NAMES.index(name) for name in names])
    return mirror_signs().to(device), order.to(device)


def _has_room(device: torch.device, picture_bytes: int) -> bool:
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return picture_bytes < RESIDENT_SHARE * free


def _on_device(array: CritterArray, device: torch.device) -> PairedBatch:
    """The whole set: pictures (N, 3, H, W) uint8, copied in parts, since the host may not hold them all."""
    count, size = len(array), array.resolution
    pictures = torch.empty(count, 3, size, size, dtype=torch.uint8, device=device)
    for first in range(0, count, _COPIED_AT_ONCE):
        part = slice(first, min(first + _COPIED_AT_ONCE, count))
        pictures[part] = torch.tensor(array.pictures[part]).to(device).permute(0, 3, 1, 2)
    factors, landmarks = (torch.tensor(rows).to(device) for rows in (array.factors, array.landmarks))
    return PairedBatch(pictures, factors, (landmarks + 0.5) / size)
