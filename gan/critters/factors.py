"""The factors that describe a critter: their names and order, and how they are drawn.

z ~ N(0, I). Each factor is a smooth, monotone dial: gan/critters/anatomy.py and look.py map Phi(z) to what
it turns. The order is a format: generators are trained on it, so names are only ever appended.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

_GEOMETRY = (
    "yaw", "pitch", "roll", "shift_x", "shift_y", "scale",
    "face_width", "face_height", "cheek", "muzzle_width", "muzzle_length",
    "ear_shape", "ear_size", "ear_angle", "ear_position",
    "eye_size", "eye_spacing", "eye_open", "eye_tilt", "gaze_x", "gaze_y",
    "mouth_open", "smile", "nose_size", "brow", "mane", "mane_spikes", "tuft", "chin",
)  # fmt: skip
_APPEARANCE = (
    "coat_hue", "coat_lightness", "second_lightness", "mask", "stripes", "spots", "eye_patches", "blaze",
    "ear_tips", "mane_hue", "iris_hue", "nose_colour", "backdrop_hue", "backdrop_lightness",
    "backdrop_gradient", "light_azimuth", "light_elevation", "light_warmth", "saturation",
)  # fmt: skip
_LATER = ("wink", "ear_cock", "ear_flop", "cheek_fluff", "face_taper", "shrug", "body_lean", "pupil")
_LATER_APPEARANCE = ("pupil",)

FACTOR_NAMES: tuple[str, ...] = _GEOMETRY + _APPEARANCE + _LATER
FACTOR_COUNT = len(FACTOR_NAMES)
APPEARANCE_FACTORS: tuple[int, ...] = tuple(
    i for i, name in enumerate(FACTOR_NAMES) if name in _APPEARANCE + _LATER_APPEARANCE
)
GEOMETRY_FACTORS: tuple[int, ...] = tuple(i for i in range(FACTOR_COUNT) if i not in APPEARANCE_FACTORS)

# the factors that point to one side: negating them gives the mirrored critter
SIDED_FACTORS: tuple[int, ...] = tuple(
    FACTOR_NAMES.index(name)
    for name in ("yaw", "roll", "shift_x", "gaze_x", "light_azimuth", "wink", "ear_cock", "body_lean")
)


def sample_factors(seed: int, indices: Iterable[int]) -> Tensor:
    """z ~ N(0, I), float32 (N, FACTOR_COUNT): row i depends on `seed` and indices[i] alone.

    seed and indices are whole numbers 0 .. 2**64 - 1.
    """
    rows = [
        # a counter-based generator: any row of a set can be drawn without those before it
        np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64))).standard_normal(
            FACTOR_COUNT, dtype=np.float32
        )
        for index in indices
    ]
    return torch.as_tensor(np.stack(rows)) if rows else torch.empty(0, FACTOR_COUNT)


def mirrored(z: Tensor) -> Tensor:
    """(N, FACTOR_COUNT): the factors of the mirrored critters under the mirrored light."""
    return z * mirror_signs().to(z)


def mirror_signs() -> Tensor:
    """(FACTOR_COUNT,): -1 for the factors that point to one side, 1 for the others."""
    signs = torch.ones(FACTOR_COUNT)
    signs[list(SIDED_FACTORS)] = -1
    return signs
