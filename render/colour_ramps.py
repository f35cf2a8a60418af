"""Colours for numbers: ramps on which equal steps look equally far apart, from dark to light.

Made here instead of taken from a library: a line through OKLab whose lightness grows evenly while the hue
turns, with as much chroma as sRGB has there, then read at equal distances along its length. Each survives a
print in grey, and none puts red beside green of the same lightness.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from render.oklab import Array, to_linear, to_srgb

RampName = Literal["heat", "change"]
RAMP_NAMES: tuple[RampName, ...] = get_args(RampName)
LEVEL_COUNT = 256


@dataclass(frozen=True)
class RampStyle:
    """A line through OKLab. Hues in degrees; chroma where sRGB allows it."""

    first_lightness: float
    last_lightness: float
    first_hue: float
    last_hue: float
    chroma: float


STYLES: dict[RampName, RampStyle] = {
    "heat": RampStyle(0.16, 0.93, 285.0, 105.0, 0.13),  # night blue, teal, yellow
    "change": RampStyle(0.13, 0.95, 5.0, 95.0, 0.125),  # black, crimson, orange, pale yellow
}


@cache
def ramp(name: RampName) -> NDArray[np.uint8]:
    """(256, 3) sRGB levels, from 0 to 1."""
    style = STYLES[name]
    fine = np.linspace(0.0, 1.0, 4 * LEVEL_COUNT)
    lightness = style.first_lightness + fine * (style.last_lightness - style.first_lightness)
    hue = np.radians(style.first_hue + fine * (style.last_hue - style.first_hue))
    direction = np.stack([np.cos(hue), np.sin(hue)], axis=1)  # (n, 2)
    chroma = np.minimum(style.chroma, 0.95 * _smoothed(_most_chroma(lightness, direction)))
    lab = np.concatenate([lightness[:, None], chroma[:, None] * direction], axis=1)  # (n, 3)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    even = np.linspace(0.0, float(way[-1]), LEVEL_COUNT)
    at: Array = np.empty((LEVEL_COUNT, 3))
    for i in range(3):
        at[:, i] = np.interp(even, way, lab[:, i])
    return np.rint(to_srgb(at) * 255).astype(np.uint8)


def ramp_row(name: RampName) -> int:
    """The ramp's row in `ramp_texels`."""
    return RAMP_NAMES.index(name)


@cache
def ramp_texels() -> NDArray[np.uint8]:
    """Every ramp, one a row: (ramps, 256, 3). The texture that shaders read as u_ramps."""
    return np.stack([ramp(name) for name in RAMP_NAMES])


def ramped(values: Array, name: RampName) -> NDArray[np.uint8]:
    """Values (...) in 0..1 -> colours (..., 3); what is beyond is clamped."""
    levels = np.floor(np.clip(values, 0.0, 1.0) * (LEVEL_COUNT - 1) + 0.5).astype(np.int64)
    return ramp(name)[levels]


def _most_chroma(lightness: Array, direction: Array) -> Array:
    """The most chroma that sRGB has at these lightnesses (n,) and hue directions (n, 2), by bisection."""
    low, high = np.zeros_like(lightness), np.full_like(lightness, 0.4)
    for _ in range(24):
        middle = (low + high) / 2
        linear = to_linear(np.concatenate([lightness[:, None], middle[:, None] * direction], axis=1))
        is_inside = ((linear >= 0) & (linear <= 1)).all(axis=1)
        low, high = np.where(is_inside, middle, low), np.where(is_inside, high, middle)
    return low


def _smoothed(values: Array) -> Array:
    """The gamut has edges, at which a ramp would show a line: the lowest near by, then a moving mean."""
    reach = len(values) // 12
    side = 2 * reach + 1
    padded = np.pad(values, 2 * reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, side).min(axis=1)
    return np.lib.stride_tricks.sliding_window_view(lowest, side).mean(axis=1)
