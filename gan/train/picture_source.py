"""Real pictures for adversarial training: from a folder, rendered critters, or a paired set."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from gan.critters.factors import sample_factors
from gan.critters.renderer import CritterRenderer
from gan.train.image_folder import PreparedPictures
from gan.train.paired_set import PairedSet
from gan.train.sample_order import SampleOrder


class PictureSource(Protocol):
    """Pictures by their number in the run, so that nothing needs to be stored to go on."""

    def pictures(self, first: int, count: int, part: slice) -> Tensor:
        """`part` of the run's pictures number first .. first + count - 1: (N, 3, H, W) in -1..1."""
        ...


class FolderSource:
    """Epochs over a folder's pictures; mirrored: each one or its mirror image, by a fair coin."""

    def __init__(self, prepared: PreparedPictures, seed: int, mirrored: bool, device: torch.device) -> None:
        self._prepared = prepared
        # mirror images are pictures of their own: number i and number i + count
        self._order = SampleOrder(len(prepared) * (2 if mirrored else 1), seed)
        self._device = device

    def pictures(self, first: int, count: int, part: slice) -> Tensor:
        """See `PictureSource`."""
        numbers = self._order.indices(first, count)[part]
        pictures = self._prepared.pictures([n % len(self._prepared) for n in numbers]).to(self._device)
        mirror = torch.tensor([n >= len(self._prepared) for n in numbers], device=self._device)
        x = as_floats(pictures)
        return torch.where(mirror[:, None, None, None], x.flip(3), x)


class CritterSource:
    """Critters rendered as they are needed: never the same one twice."""

    def __init__(self, resolution: int, seed: int, device: torch.device) -> None:
        self._renderer = CritterRenderer(resolution, device)
        self._seed = seed

    def pictures(self, first: int, count: int, part: slice) -> Tensor:
        """See `PictureSource`."""
        numbers = range(first, first + count)[part]
        return as_floats(self._renderer.render(sample_factors(self._seed, numbers)).pictures)


class PairedSource:
    """The pictures of a paired set, without their factors."""

    def __init__(self, data: PairedSet, seed: int) -> None:
        self._data = data
        self._order = SampleOrder(data.count, seed)

    def pictures(self, first: int, count: int, part: slice) -> Tensor:
        """See `PictureSource`."""
        return self._data.training_batch(self._order.indices(first, count)[part]).pictures


def as_floats(pictures: Tensor) -> Tensor:
    """Bytes (N, 3, H, W) -> -1..1."""
    return pictures.float() / 127.5 - 1
