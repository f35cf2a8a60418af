"""How far the colours that a drag should leave alone did change: of the head and of what is behind it.

Regions follow the landmarks, which move with the head; no segmentation is needed for two mean colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (H, W, 3)
Landmarks = dict[str, NDArray[np.float64]]  # name -> (2,) x and y as shares

HEAD_OUTLINE = ("cheek_left", "chin", "cheek_right", "eye_right", "top", "eye_left")
CHANGING_PARTS = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right", "lip")  # open and shut
PART_RADIUS = 0.075  # of the picture around each of them that is left out
BORDER = 0.07  # of the picture: what is behind a critter is seen along the left, right and top border
CLEARANCE = 0.13  # of the picture around every landmark that is not background
LEAST_PIXELS = 8
WHITE = (0.95047, 1.0, 1.08883)  # D65
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


@dataclass(frozen=True)
class ColourChange:
    """CIE76 differences of mean colours before and after: 2.3 is just noticeable. None: nothing to see."""

    head: float | None
    background: float | None


def colour_change(before: Picture, after: Picture, was: Landmarks, now: Landmarks) -> ColourChange:
    """Of two pictures of one size with the landmarks in each."""
    size = (before.shape[0], before.shape[1])
    lab_before, lab_after = to_lab(before), to_lab(after)  # (H, W, 3)
    # a head's region moves with it; the background's stays: what is uncovered is no change of colour
    background = background_region(was, size) & background_region(now, size)
    return ColourChange(
        head=_difference(lab_before, lab_after, head_region(was, size), head_region(now, size)),
        background=_difference(lab_before, lab_after, background, background),
    )


def head_region(landmarks: Landmarks, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): the face without eyes, nose and mouth."""
    positions = _positions(size)  # (H, W, 2)
    region = _inside_convex(positions, np.stack([landmarks[name] for name in HEAD_OUTLINE]))
    for name in CHANGING_PARTS:
        region &= _far_from(positions, landmarks[name], PART_RADIUS)
    return region


def background_region(landmarks: Landmarks, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): along the border, above the chin (under it is the body), away from every landmark."""
    positions = _positions(size)
    x, y = positions[..., 0], positions[..., 1]
    region = ((x < BORDER) | (x > 1 - BORDER) | (y < BORDER)) & (y < min(landmarks["chin"][1], 0.7))
    for place in landmarks.values():
        region &= _far_from(positions, place, CLEARANCE)
    return region


def to_lab(picture: Picture) -> NDArray[np.float64]:
    """sRGB (H, W, 3) uint8 -> CIELAB under D65 (H, W, 3)."""
    c = picture.astype(np.float64) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / np.array(WHITE)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def _difference(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    region_before: NDArray[np.bool_],
    region_after: NDArray[np.bool_],
) -> float | None:
    if min(region_before.sum(), region_after.sum()) < LEAST_PIXELS:
        return None
    change = before[region_before].mean(axis=0) - after[region_after].mean(axis=0)  # (3,)
    return float(np.linalg.norm(change))


def _positions(size: tuple[int, int]) -> NDArray[np.float64]:
    """(H, W, 2): x and y of every pixel's centre, shares."""
    height, width = size
    y, x = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    return np.stack([x, y], axis=-1)


def _far_from(positions: NDArray[np.float64], place: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    return ((positions - place) ** 2).sum(axis=-1) > radius**2


def _inside_convex(positions: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether positions (..., 2) lie in the convex hull of corners (K, 2): no direction among the hull's own
    edges' in which they lie beyond all corners."""
    if np.linalg.matrix_rank(corners - corners[0], tol=1e-6) < 2:
        return np.zeros(positions.shape[:-1], dtype=np.bool_)  # a line or a point has nothing inside
    inside = np.ones(positions.shape[:-1], dtype=np.bool_)
    for i, a in enumerate(corners):
        for b in corners[i + 1 :]:
            normal = np.array([a[1] - b[1], b[0] - a[0]])
            along = corners @ normal  # (K,)
            places = positions @ normal
            inside &= (places >= along.min()) & (places <= along.max())
    return inside
