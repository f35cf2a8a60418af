"""The painted mask as signed distances: how deep in its region, or how far from it, every texel lies.

A texture of distances, read with a linear filter, gives smooth contours and outlines of constant width at
every zoom for one texture read. (Reading a 0/1 coverage around every pixel for the outline took five and
was the dearest pass.)
"""

import numpy as np
from numpy.typing import NDArray

from render.compositor import Mask, Rect

FIELD_ZERO = 128  # the code of a region's border, half way between painted and unpainted texel centres
FIELD_STEP = 40  # codes per texel
REACH = 3  # texels: distances beyond about this are cut off, so a change of the mask acts no further


def mask_field(mask: Mask, rect: Rect | None = None) -> NDArray[np.uint8]:
    """Codes (h, w, 2) of the signed distances to the movable and to the fixed region, for the texels of rect.

    Args:
        mask: uint8 (H, W) of 0 unpainted, 1 movable, 2 fixed.
        rect: x0, y0, x1, y1; None = the whole mask. The result is the same part of the whole mask's field.
    """
    height, width = mask.shape
    x0, y0, x1, y1 = rect or (0, 0, width, height)
    margin = REACH + 1
    left, top = max(x0 - margin, 0), max(y0 - margin, 0)
    part = mask[top : y1 + margin, left : x1 + margin]
    inner = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    codes = np.empty((y1 - y0, x1 - x0, 2), np.uint8)
    for region in (0, 1):
        painted = part == region + 1
        distance = np.where(painted, _distance_to(~painted) - 0.5, 0.5 - _distance_to(painted))
        code = np.rint(FIELD_ZERO + FIELD_STEP * distance[inner])
        codes[..., region] = np.clip(code, 0, 255).astype(np.uint8)
    return codes


def grown(rect: Rect, mask: Mask) -> Rect:
    """The part of the mask's field that changes when the mask changes inside rect."""
    height, width = mask.shape
    margin = REACH + 1
    x0, y0, x1, y1 = rect
    return (max(x0 - margin, 0), max(y0 - margin, 0), min(x1 + margin, width), min(y1 + margin, height))


def painted_bounds(mask: Mask) -> Rect | None:
    """The smallest rect that holds every painted texel; None if nothing is painted."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(columns) == 0:
        return None
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _distance_to(is_goal: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of every texel to the nearest goal texel, at most REACH + 1; first along y, then along x."""
    limit = REACH + 1
    vertical = np.where(is_goal, np.float32(0), np.float32(limit))
    for _ in range(limit):  # one texel further each time
        vertical[1:] = np.minimum(vertical[1:], vertical[:-1] + 1)
        vertical[:-1] = np.minimum(vertical[:-1], vertical[1:] + 1)
    squared = vertical * vertical
    nearest = squared.copy()
    for shift in range(1, limit):
        aside = squared + np.float32(shift * shift)
        nearest[:, shift:] = np.minimum(nearest[:, shift:], aside[:, :-shift])
        nearest[:, :-shift] = np.minimum(nearest[:, :-shift], aside[:, shift:])
    return np.minimum(np.sqrt(nearest), np.float32(limit))
