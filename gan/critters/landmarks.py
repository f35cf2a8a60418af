"""Twelve landmarks of a critter and where they lie in its picture."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.critters.anatomy import Anatomy
from gan.critters.camera import project

LANDMARK_NAMES: tuple[str, ...] = (
    "eye_left", "eye_right", "nose", "mouth_left", "mouth_right", "chin",
    "ear_left", "ear_right", "cheek_left", "cheek_right", "top", "lip",
)  # fmt: skip
LANDMARK_COUNT = len(LANDMARK_NAMES)


def head_landmarks(a: Anatomy) -> Tensor:
    """(N, 12, 3): the landmarks in head space. Left and right are the picture's."""
    zero = torch.zeros_like(a.yaw)
    ear_left, ear_right = _ear_tip(a, -1), _ear_tip(a, 1)
    corner_x = a.mouth_half_width * 0.85
    corner_y = a.mouth_y + a.smile * corner_x * corner_x
    # on the muzzle pad's ball; the added term keeps the root smooth where the corner leaves the pad
    inside = a.muzzle_radius**2 - (corner_x - a.pad_x) ** 2 - (corner_y - a.muzzle_y) ** 2
    corner_z = a.muzzle_z + torch.sqrt(inside.clamp(min=0) + 0.0025)
    eye_z = a.eye_z + a.eye_radius
    cheek_x, cheek_y = 0.6 * a.face_width, zero - 0.3
    points = (
        (-a.eye_x, a.eye_y, eye_z),
        (a.eye_x, a.eye_y, eye_z),
        (zero, a.nose_y, a.nose_z + 0.085 * a.nose_size),
        (-corner_x, corner_y, corner_z),
        (corner_x, corner_y, corner_z),
        (zero, a.jaw_y - 0.10 * a.chin, a.jaw_z + 0.22),
        (-ear_left[0], ear_left[1], zero - 0.12),
        (ear_right[0], ear_right[1], zero - 0.12),
        (-cheek_x, cheek_y, zero + 0.55),
        (cheek_x, cheek_y, zero + 0.55),
        (zero, 0.06 + a.face_height, zero + 0.1),
        (zero, a.mouth_y + a.mouth_half_height, a.muzzle_z + a.muzzle_radius * 0.8),
    )
    return torch.stack([torch.stack(point, 1) for point in points], 1)


def landmarks_px(a: Anatomy, resolution: int) -> Tensor:
    """(N, 12, 2): (x, y) in pixels, the top left pixel's centre is (0, 0)."""
    return project(a, head_landmarks(a), resolution)


def _ear_tip(a: Anatomy, side: int) -> tuple[Tensor, Tensor]:
    """(|x|, y) of an ear's tip; side: 1 right, -1 left."""
    sine, cosine = a.ear_sin + side * a.ear_sin_side, a.ear_cos + side * a.ear_cos_side
    along = a.ear_height + a.ear_r2
    across = a.ear_bend * a.ear_height * a.ear_height
    return a.ear_x + along * sine + across * cosine, a.ear_y + along * cosine - across * sine
