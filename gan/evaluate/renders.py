"""The renders that generators are held against: a folder of `livedrag dataset`, or rendered into the cache."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.critters.landmarks import LANDMARK_COUNT
from gan.evaluate.work_folder import EvaluationError

FINGERPRINT_PICTURES = 64


@dataclass(frozen=True)
class Renders:
    """pictures (N, H, W, 3) uint8, memory-mapped; landmarks (N, K, 2) as shares of the picture, 0 its edge.

    key: changes with the pictures. folder: where they are, None = nowhere, they were given as arrays.
    """

    pictures: NDArray[np.uint8]
    landmarks: Tensor
    key: str
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, start: int, stop: int) -> Tensor:
        """Pictures start to stop as (N, 3, H, W) uint8."""
        return torch.from_numpy(np.array(self.pictures[start:stop])).permute(0, 3, 1, 2)

    @staticmethod
    def of(pictures: NDArray[np.uint8], landmarks_px: NDArray[np.float32], folder: Path | None) -> Renders:
        """From the arrays of a data set; landmarks_px (N, K, 2), whole numbers at pixels' centres."""
        size = np.array([pictures.shape[2], pictures.shape[1]])
        shares = torch.from_numpy(np.asarray(landmarks_px, np.float32) + np.float32(0.5)) / torch.from_numpy(
            size
        )
        return Renders(pictures, shares.float(), _fingerprint(pictures), folder)


def open_renders(folder: Path, count: int) -> Renders:
    """The first `count` renders in a folder that `livedrag dataset` wrote as an array.

    Raises EvaluationError where there is none, or too few of them.
    """
    pictures, landmarks = _opened(folder, "pictures.npy"), _opened(folder, "landmarks.npy")
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise EvaluationError(
            f"'{folder}/pictures.npy' is not (N, height, width, 3) of bytes; render it again"
        )
    if landmarks.shape != (len(pictures), LANDMARK_COUNT, 2):
        raise EvaluationError(
            f"'{folder}/landmarks.npy' does not belong to its {len(pictures)} pictures; render it again"
        )
    if len(pictures) < count:
        raise EvaluationError(
            f"'{folder}' has {len(pictures)} renders and {count} are asked for; "
            f"give --samples {len(pictures)}, or render more with 'livedrag dataset'"
        )
    return Renders.of(pictures[:count], landmarks[:count], folder)


def _opened(folder: Path, name: str) -> Any:
    try:
        return np.load(folder / name, mmap_mode="r")
    except FileNotFoundError:
        raise EvaluationError(
            f"'{folder}' has no {name}; give a folder that 'livedrag dataset' wrote as an array"
        ) from None
    except (OSError, ValueError) as error:
        raise EvaluationError(f"cannot read '{folder / name}': {error}; render it again") from error


def _fingerprint(pictures: NDArray[np.uint8]) -> str:
    """Of evenly chosen pictures and their number: hashing gigabytes would take as long as using them."""
    digest = hashlib.sha256(repr(pictures.shape).encode())
    for index in np.linspace(0, len(pictures) - 1, min(FINGERPRINT_PICTURES, len(pictures))).astype(int):
        digest.update(np.ascontiguousarray(pictures[index]).tobytes())
    return digest.hexdigest()[:16]
