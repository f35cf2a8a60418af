"""The renders that generators are held against: a set of `livedrag dataset`, or rendered into the cache."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.critters.dataset import open_array, write_array
from gan.critters.renderer import RENDERER_VERSION
from gan.evaluate.common_scale import COMPARED_AT_PX
from gan.evaluate.progress import Progress
from gan.evaluate.work_folder import EvaluationError

MOST_RENDERS = 10_000  # of a larger set only these are used, unless more are asked for
RENDER_SEED = 20_190_405
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
        return torch.as_tensor(np.array(self.pictures[start:stop])).permute(0, 3, 1, 2)

    @staticmethod
    def of(pictures: NDArray[np.uint8], landmarks_px: NDArray[np.float32], folder: Path | None) -> Renders:
        """From the arrays of a data set; landmarks_px (N, K, 2), whole numbers at pixels' centres."""
        size = np.array([pictures.shape[2], pictures.shape[1]])
        shares = torch.as_tensor(np.asarray(landmarks_px, np.float32) + np.float32(0.5)) / torch.as_tensor(
            size
        )
        return Renders(pictures, shares.float(), _fingerprint(pictures), folder)


def open_renders(folder: Path, count: int) -> Renders:
    """Renders of a folder that `livedrag dataset` wrote as an array, at least `count`, at most MOST_RENDERS.

    A set that is still being rendered will do. Raises EvaluationError where there are too few, DatasetError
    where there are none.
    """
    found = open_array(folder)
    if len(found) < count:
        raise EvaluationError(
            f"'{folder}' has {len(found)} renders and {count} are asked for; "
            f"give --samples {len(found)}, or render more with 'livedrag dataset'"
        )
    # not all that there are: a training set that grows must not make every evaluation begin anew
    used = min(len(found), max(count, MOST_RENDERS))
    return Renders.of(found.pictures[:used], found.landmarks[:used], folder)


def make_renders(work: Path, count: int, device: str, progress: Progress) -> Renders:
    """`count` renders in the work folder, rendered where they are missing; goes on with what was begun.

    Their seed is none that training sets have by default: a generator is held against critters that are new
    to it. Raises DatasetError.
    """
    folder = work / f"critters-{RENDERER_VERSION}-{COMPARED_AT_PX}-{count}"
    on_gpu = device.startswith("cuda")
    with progress("rendering critters", count) as advance:
        done = 0

        def on_done(done_count: int) -> None:
            nonlocal done
            for _ in range(done, done_count):
                advance("")
            done = done_count

        write_array(
            folder,
            RENDER_SEED,
            count,
            COMPARED_AT_PX,
            worker_count=torch.get_num_threads(),
            device="cuda" if on_gpu else "cpu",
            on_done=on_done,
        )
    return open_renders(folder, count)


def _fingerprint(pictures: NDArray[np.uint8]) -> str:
    """Of evenly chosen pictures and their number: hashing gigabytes would take as long as using them."""
    digest = hashlib.sha256(repr(pictures.shape).encode())
    for index in np.linspace(0, len(pictures) - 1, min(FINGERPRINT_PICTURES, len(pictures))).astype(int):
        digest.update(np.ascontiguousarray(pictures[index]).tobytes())
    return digest.hexdigest()[:16]
