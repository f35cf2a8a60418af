"""Pictures described in numbers: their EfficientNet-Lite0 features and detail, in pieces that are kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.evaluate.common_scale import to_common_scale, to_pictures
from gan.evaluate.sharpness import detail_energy
from gan.evaluate.work_folder import read_arrays, write_atomically
from gan.generator import Generator
from gan.image_features import ImageFeatures

PIECE = 250  # pictures whose description is kept as one file
AT_ONCE = 25
PIXELS_AT_ONCE = 2**20  # that a generator makes: one picture of 1024 px, whose activations fill gigabytes

MakePictures = Callable[[int, int], Tensor]  # numbers start to stop -> (N, 3, h, w) uint8


@dataclass(frozen=True)
class Description:
    """features (N, D) of EfficientNet-Lite0; detail (N,): energy of the finest band, both on the common
    scale."""

    features: NDArray[np.float32]
    detail: NDArray[np.float32]


def describe(
    make: MakePictures,
    count: int,
    extractor: ImageFeatures,
    kept_in: Path,
    advance: Callable[[str], None],
    device: torch.device | str = "cpu",
) -> Description:
    """The pictures 0 to count of `make`. Pieces that are in the folder already are not made again.

    device: where they are described; that of the extractor.
    advance: called after every piece, `piece_count` times. Raises EvaluationError where the folder cannot be
    written.
    """
    pieces: list[Description] = []
    for start in range(0, count, PIECE):
        stop = min(start + PIECE, count)
        path = kept_in / f"{start:06d}-{stop:06d}.npz"
        piece = _load(path)
        if piece is None:
            piece = _describe_piece(make, start, stop, extractor, device)
            buffer = io.BytesIO()
            np.savez(buffer, features=piece.features, detail=piece.detail)
            write_atomically(path, buffer.getvalue())
        pieces.append(piece)
        advance("")
    return Description(
        np.concatenate([piece.features for piece in pieces]),
        np.concatenate([piece.detail for piece in pieces]),
    )


def piece_count(count: int) -> int:
    """How many pieces `count` pictures make."""
    return -(-count // PIECE)


def samples_of(generator: Generator, truncation_psi: float = 1.0) -> MakePictures:
    """Pictures of seeds start to stop as the generator makes them, on its device: constant noise, 8 bits; no
    truncation where the generator itself is to be judged, as is usual."""

    z_dim = generator.architecture.z_dim
    at_once = max(1, PIXELS_AT_ONCE // (generator.width * generator.height))

    def make(start: int, stop: int) -> Tensor:
        z = np.concatenate([np.random.RandomState(seed).randn(1, z_dim) for seed in range(start, stop)])
        w_plus = generator.map(torch.as_tensor(z), truncation_psi=truncation_psi)  # (N, num_ws, w_dim)
        pictures: list[Tensor] = []
        for i in range(0, len(w_plus), at_once):
            with torch.no_grad():
                values = generator.synthesis.image(w_plus[i : i + at_once], keep=())[0]
            pictures.append(to_pictures(values))
        return torch.cat(pictures)

    return make


@torch.no_grad()
def _describe_piece(
    make: MakePictures, start: int, stop: int, extractor: ImageFeatures, device: torch.device | str
) -> Description:
    features: list[Tensor] = []
    detail: list[Tensor] = []
    for first in range(start, stop, AT_ONCE):
        pictures = make(first, min(first + AT_ONCE, stop))
        values = to_common_scale(pictures.to(device))  # (N, 3, P, P)
        features.append(extractor.pooled(values).cpu())  # sync: kept on disk
        detail.append(detail_energy(values).cpu())  # sync: kept on disk
    return Description(torch.cat(features).numpy(), torch.cat(detail).numpy())


def _load(path: Path) -> Description | None:
    """None where there is nothing, or nothing whole."""
    arrays = read_arrays(path)
    if arrays is None or not {"features", "detail"} <= arrays.keys():
        return None
    return Description(arrays["features"], arrays["detail"])
