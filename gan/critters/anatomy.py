"""From factors to a critter's shape and pose: smooth, monotone maps, all numbers in head space.

Head space is (right, up, towards the camera) of the unturned head; its radius is about 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan.critters.factors import FACTOR_NAMES
from gan.critters.primitives import smooth_step

BODY_RADIUS = 0.98
SHOULDER_RADIUS = 0.45


class Anatomy(NamedTuple):
    """What the distance field, the camera and the landmarks need: one tensor each, (N,) or one per ray.

    A pair `name`, `name_side`: the value is name + name_side on the right, name - name_side on the left.
    """

    yaw: Tensor  # radians
    scale: Tensor
    shift_x: Tensor  # world
    shift_y: Tensor
    # the world's axes in head space
    right_x: Tensor
    right_y: Tensor
    right_z: Tensor
    up_x: Tensor
    up_y: Tensor
    up_z: Tensor
    front_x: Tensor
    front_y: Tensor
    front_z: Tensor
    # the camera in head space
    camera_x: Tensor
    camera_y: Tensor
    camera_z: Tensor
    # head
    face_width: Tensor
    face_height: Tensor
    taper: Tensor
    cheek: Tensor
    fluff: Tensor
    chin: Tensor
    tuft: Tensor
    tuft_lean: Tensor
    # muzzle and mouth
    muzzle_radius: Tensor
    muzzle_length: Tensor
    muzzle_y: Tensor
    muzzle_z: Tensor
    pad_x: Tensor
    jaw_y: Tensor
    jaw_z: Tensor
    nose_size: Tensor
    nose_y: Tensor
    nose_z: Tensor
    smile: Tensor
    mouth_y: Tensor
    mouth_half_height: Tensor
    mouth_half_width: Tensor
    # eyes: `lid` planes by the sine and cosine of their angle
    eye_x: Tensor
    eye_y: Tensor
    eye_z: Tensor
    eye_radius: Tensor
    eye_tilt: Tensor
    brow: Tensor
    gaze_x: Tensor
    gaze_y: Tensor
    lid_cos: Tensor
    lid_cos_side: Tensor
    lid_sin: Tensor
    lid_sin_side: Tensor
    lower_lid_cos: Tensor
    lower_lid_cos_side: Tensor
    lower_lid_sin: Tensor
    lower_lid_sin_side: Tensor
    # ears
    ear_x: Tensor
    ear_y: Tensor
    ear_r1: Tensor
    ear_r2: Tensor
    ear_height: Tensor
    ear_size: Tensor
    ear_bend: Tensor
    ear_cos: Tensor
    ear_cos_side: Tensor
    ear_sin: Tensor
    ear_sin_side: Tensor
    # mane
    mane: Tensor
    mane_spikes: Tensor
    # body: its ball and the shoulders', in head space
    body_x: Tensor
    body_y: Tensor
    body_z: Tensor
    left_shoulder_x: Tensor
    left_shoulder_y: Tensor
    left_shoulder_z: Tensor
    right_shoulder_x: Tensor
    right_shoulder_y: Tensor
    right_shoulder_z: Tensor


def dials(z: Tensor) -> dict[str, Tensor]:
    """z (N, FACTOR_COUNT) ~ N(0, 1) -> each factor's dial, (N,) in 0..1: Phi(z)."""
    turned = 0.5 * (1 + torch.erf(z.float() / math.sqrt(2)))
    return dict(zip(FACTOR_NAMES, turned.unbind(1), strict=True))


def between(low: float, high: float, dial: Tensor) -> Tensor:
    """The dial 0..1 as low..high."""
    return low + (high - low) * dial


def anatomy(z: Tensor) -> Anatomy:
    """The shape and pose of critters z (N, FACTOR_COUNT); each field (N,)."""
    d = dials(z)
    # framed nearly alike, as photo sets are aligned: a small generator then learns faces, not places
    scale = between(0.92, 1.06, d["scale"])
    shift_x, shift_y = between(-0.10, 0.10, d["shift_x"]), between(-0.07, 0.09, d["shift_y"])
    yaw = between(-0.68, 0.68, d["yaw"])
    right, up, front = _axes(yaw, between(-0.34, 0.30, d["pitch"]), between(-0.24, 0.24, d["roll"]))
    shift = torch.stack((shift_x, shift_y, torch.zeros_like(shift_x)))

    def to_head(x: Tensor, y: Tensor, depth: float) -> tuple[Tensor, Tensor, Tensor]:
        world = (torch.stack((x, y, torch.full_like(x, depth))) - shift) / scale
        inside = [right[i] * world[0] + up[i] * world[1] + front[i] * world[2] for i in range(3)]
        return inside[0], inside[1], inside[2]

    camera = to_head(torch.zeros_like(yaw), torch.zeros_like(yaw), 7.0)
    lean = between(-0.16, 0.16, d["body_lean"])
    shrug = between(-1, 1, d["shrug"])
    body_x, body_y = 0.5 * shift_x + lean, -1.66 + 0.05 * shrug
    body = to_head(body_x, body_y, -0.42)
    shoulder_y = -1.44 + 0.22 * shrug
    left, right_shoulder = (
        to_head(body_x + side * (0.66 - 0.05 * shrug) * scale, shoulder_y, -0.30) for side in (-1, 1)
    )
    fields = [
        yaw, scale, shift_x, shift_y, *right, *up, *front, *camera,
        *_head(d, yaw), *_mouth(d), *_eyes(d), *_ears(d), *_mane(d),
        *body, *left, *right_shoulder,
    ]  # fmt: skip
    return Anatomy(*fields)


def _axes(yaw: Tensor, pitch: Tensor, roll: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Rows of the head's rotation Rz(roll) Ry(yaw) Rx(pitch): the world's axes in head space."""
    cy, sy, cp, sp, cr, sr = (f(v) for v in (yaw, pitch, roll) for f in (torch.cos, torch.sin))
    right = [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp]
    up = [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp]
    front = [-sy, cy * sp, cy * cp]
    return right, up, front


def _head(d: dict[str, Tensor], yaw: Tensor) -> tuple[Tensor, ...]:
    return (
        between(0.92, 1.12, d["face_width"]),
        between(0.80, 0.94, d["face_height"]),
        between(-0.17, 0.17, d["face_taper"]),
        between(0.30, 0.46, d["cheek"]),
        smooth_step(0.35, 1.05, d["cheek_fluff"]),
        between(0.85, 1.2, d["chin"]),
        between(0.0, 1.0, d["tuft"]),
        0.22 * yaw + 0.10 * between(-1, 1, d["body_lean"]),
    )


def _mouth(d: dict[str, Tensor]) -> tuple[Tensor, ...]:
    opened = ((d["mouth_open"] - 0.25) / 0.75).clamp(0, 1) ** 1.6
    # an open mouth with a straight lower lip looks like a wail: opening pulls the corners up too
    smile = between(0.7, 2.2, 1 - (1 - d["smile"]) ** 1.8) + 0.75 * opened
    radius = between(0.20, 0.30, d["muzzle_width"])
    length = between(0.0, 0.28, d["muzzle_length"])
    muzzle_y, muzzle_z = torch.full_like(radius, -0.30), 0.66 + length
    return (
        radius,
        length,
        muzzle_y,
        muzzle_z,
        radius * 0.62,
        -0.50 - 0.20 * opened,
        muzzle_z - 0.10 - 0.08 * opened,
        between(0.8, 1.3, d["nose_size"]),
        muzzle_y + radius * 0.62,
        muzzle_z + radius * 0.86,
        smile,
        -0.47 - 0.085 * opened,
        0.014 + 0.165 * opened,
        0.22 + radius * 0.40 - 0.04 * opened,
    )


def _eyes(d: dict[str, Tensor]) -> tuple[Tensor, ...]:
    radius = between(0.21, 0.31, d["eye_size"])
    # steep at first: most eyes are well open, and the whole range of lids is still within a drag
    opened = 0.86 * (1 - (1 - d["eye_open"]) ** 8) + 0.14 * d["eye_open"]
    wink = between(-1, 1, d["wink"])
    sides = [opened * (1 - 0.95 * smooth_step(0.72, 1.12, side * wink)) for side in (1, -1)]
    upper = [-0.55 + 1.55 * side for side in sides]
    lower = [0.30 + 0.55 * side for side in sides]
    return (
        between(0.33, 0.41, d["eye_spacing"]) * between(0.92, 1.12, d["face_width"]),
        torch.full_like(radius, 0.16),
        0.66 - 0.25 * (radius - 0.2),
        radius,
        between(-0.30, 0.30, d["eye_tilt"]),
        between(-1, 1, d["brow"]),
        between(-0.5, 0.5, d["gaze_x"]),
        between(-0.3, 0.3, d["gaze_y"]),
        *_pair(torch.cos, upper),
        *_pair(torch.sin, upper),
        *_pair(torch.cos, lower),
        *_pair(torch.sin, lower),
    )


def _ears(d: dict[str, Tensor]) -> tuple[Tensor, ...]:
    shape, size = d["ear_shape"], between(0.85, 1.25, d["ear_size"])
    flop = smooth_step(0.45, 1.1, d["ear_flop"])
    cock = between(-0.22, 0.22, d["ear_cock"])
    angles = [between(0.05, 0.75, d["ear_angle"]) + 0.65 * flop - side * cock for side in (1, -1)]
    return (
        between(0.46, 0.62, d["ear_position"]) * between(0.92, 1.12, d["face_width"]),
        0.60 * between(0.80, 0.94, d["face_height"]) / 0.9 + 0.06 * (1 - shape),
        (0.30 + 0.02 * shape) * size,
        (0.27 - 0.235 * shape + 0.06 * flop * shape) * size,
        (0.16 + 0.50 * shape) * size,
        size,
        0.70 * flop,
        *_pair(torch.cos, angles),
        *_pair(torch.sin, angles),
    )


def _mane(d: dict[str, Tensor]) -> tuple[Tensor, ...]:
    return ((d["mane"] - 0.4) / 0.6).clamp(0, 1), between(0.3, 1.0, d["mane_spikes"])


def _pair(function: Callable[[Tensor], Tensor], sides: list[Tensor]) -> tuple[Tensor, Tensor]:
    """(mean, half difference) of a function of the right and the left value."""
    right, left = function(sides[0]), function(sides[1])
    return (right + left) / 2, (right - left) / 2
