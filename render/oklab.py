"""OKLab (Björn Ottosson, 2020, public domain): colours in which equal distances look equally different.

Lightness L of 0..1, a from green to red, b from blue to yellow. Pure numpy; shaders/features.frag computes
the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

_TO_CONES = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def to_linear(lab: Array) -> Array:
    """OKLab (..., 3) -> linear light of sRGB's primaries (..., 3); outside 0..1 where sRGB has no such
    colour."""
    cones = (lab @ _TO_CONES.T) ** 3
    return cones @ _TO_LINEAR.T


def to_srgb(lab: Array) -> Array:
    """OKLab (..., 3) -> sRGB (..., 3) in 0..1, clamped."""
    linear = np.clip(to_linear(lab), 0.0, 1.0)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
