"""The distance field: how far a point of head space is from every part of a critter."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.critters.anatomy import BODY_RADIUS, SHOULDER_RADIUS, Anatomy
from gan.critters.primitives import ellipsoid, round_cone, smooth_max, smooth_min, smooth_step, sphere

PART_NAMES = (
    "backdrop", "head", "muzzle", "jaw", "mouth", "eye", "lid", "nose", "tongue", "fang", "ear", "tuft",
    "mane", "body",
)  # fmt: skip


class Parts(NamedTuple):
    """Distances to the parts (negative inside), and coordinates that shading needs too; (M,) each."""

    # surfaces: the least of these is the critter
    fur: Tensor  # head, ears, tuft and body in one
    mane: Tensor
    eye: Tensor
    nose: Tensor
    tongue: Tensor
    fang: Tensor
    # what the fur is joined from
    skull: Tensor
    head: Tensor
    cheek: Tensor
    pad: Tensor
    jaw: Tensor
    cavity: Tensor
    lid: Tensor
    ear: Tensor
    ear_hollow: Tensor
    tuft: Tensor
    body: Tensor
    # coordinates
    side: Tensor  # -1 left .. 1 right
    lid_cut: Tensor  # signed distance to the upper lid's plane
    eye_dx: Tensor  # from the eye's centre, outwards
    eye_dy: Tensor
    eye_dz: Tensor
    ear_along: Tensor


def parts(x: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> Parts:
    """Everything about the points (x, y, z), (M,) each; a's fields are (M,) or (1,)."""
    ax = torch.sqrt(x * x + 1e-5)  # mirrored: one side's features serve both
    side = 2 * smooth_step(-0.1, 0.1, x) - 1
    skull, cheek, head = _skull(ax, x, y, z, a)
    pad = sphere(ax - a.pad_x, y - a.muzzle_y, z - a.muzzle_z, a.muzzle_radius)
    head = smooth_min(head, pad, 0.07)
    jaw = ellipsoid(x, y - a.jaw_y, z - a.jaw_z, 0.25 * a.chin, 0.17 * a.chin, 0.30)
    head = smooth_min(head, jaw, 0.09)
    # the mouth is bent upwards by the smile
    bent_y = y - a.smile * ax * ax - a.mouth_y
    cavity = ellipsoid(x, bent_y, z - a.muzzle_z - 0.22, a.mouth_half_width, a.mouth_half_height, 0.46)
    head = smooth_max(head, -cavity, 0.035)
    eye_dx, eye_dy, eye_dz = ax - a.eye_x, y - a.eye_y, z - a.eye_z
    eye = sphere(eye_dx, eye_dy, eye_dz, a.eye_radius)
    lid_cut = (
        eye_dy * (a.lid_cos + side * a.lid_cos_side)
        - eye_dz * (a.lid_sin + side * a.lid_sin_side)
        + a.eye_tilt * eye_dx
    )
    lower_cut = -eye_dy * (a.lower_lid_cos + side * a.lower_lid_cos_side) - eye_dz * (
        a.lower_lid_sin + side * a.lower_lid_sin_side
    )
    lid = smooth_max(eye - 0.09 * a.eye_radius, -torch.maximum(lid_cut, lower_cut), 0.02)
    head = smooth_min(head, lid, 0.03)
    ear, ear_hollow, ear_along = _ear(ax, y, z, side, a)
    tuft = ellipsoid(
        x + a.tuft_lean * (y - 0.9),
        y - 0.86 - 0.08 * a.tuft,
        z - 0.22,
        0.05 + 0.10 * a.tuft,
        0.06 + 0.24 * a.tuft,
        0.08 + 0.10 * a.tuft,
    )
    body = _body(x, y, z, a)
    fur = smooth_min(smooth_min(smooth_min(head, ear, 0.10), tuft, 0.10), body, 0.12)
    nose_y = y - a.nose_y
    nose = ellipsoid(
        x * (1 - 1.3 * nose_y),
        nose_y,
        z - a.nose_z,
        0.135 * a.nose_size,
        0.088 * a.nose_size,
        0.085 * a.nose_size,
    )
    tongue = ellipsoid(
        x,
        bent_y + a.mouth_half_height * 0.62,
        z - a.muzzle_z + 0.04,
        a.mouth_half_width * 0.72,
        0.035 + a.mouth_half_height * 0.35,
        0.30,
    )
    fang = ellipsoid(
        ax - a.mouth_half_width * 0.55,
        bent_y - a.mouth_half_height * 0.75,
        z - a.muzzle_z - a.muzzle_radius * 0.62,
        0.030,
        0.014 + 0.42 * a.mouth_half_height,
        0.035,
    )
    return Parts(
        fur=fur,
        mane=_mane(x, y, z, a),
        eye=eye,
        nose=nose,
        # cut off below the eyes: a wide smile bends it that high
        tongue=torch.maximum(torch.maximum(tongue, cavity - 0.01), y + 0.17),
        fang=fang,
        skull=skull,
        head=head,
        cheek=cheek,
        pad=pad,
        jaw=jaw,
        cavity=cavity,
        lid=lid,
        ear=ear,
        ear_hollow=ear_hollow,
        tuft=tuft,
        body=body,
        side=side,
        lid_cut=lid_cut,
        eye_dx=eye_dx,
        eye_dy=eye_dy,
        eye_dz=eye_dz,
        ear_along=ear_along,
    )


def surface(p: Parts) -> Tensor:
    """Distance to the critter, whatever part of it, (M,)."""
    soft = torch.minimum(p.fur, p.mane)
    hard = torch.minimum(torch.minimum(p.eye, p.nose), torch.minimum(p.tongue, p.fang))
    return torch.minimum(soft, hard)


def part_ids(p: Parts) -> Tensor:
    """(M,) uint8: which part (an index into PART_NAMES) the points lie on."""
    nearest = torch.stack((torch.minimum(p.fur, p.mane), p.eye, p.nose, p.tongue, p.fang)).argmin(0)
    # joins swell a little beyond their parts: the nearest of them owns the fillet
    joined = torch.stack((p.skull, p.cheek, p.pad, p.jaw, p.lid, p.ear, p.tuft, p.body)).argmin(0)
    names = ("head", "head", "muzzle", "jaw", "lid", "ear", "tuft", "body")
    fur_ids = torch.tensor([PART_NAMES.index(n) for n in names], device=joined.device)[joined]
    fur_ids = torch.where(p.cavity < 0.01, PART_NAMES.index("mouth"), fur_ids)
    fur_ids = torch.where(p.mane < p.fur, PART_NAMES.index("mane"), fur_ids)
    hard = torch.tensor(
        [0, *(PART_NAMES.index(n) for n in ("eye", "nose", "tongue", "fang"))], device=joined.device
    )[nearest]
    return torch.where(nearest == 0, fur_ids, hard).to(torch.uint8)


def mane_angle(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Polar coordinates around the face: (angle from straight up, radius)."""
    return torch.atan2(x, y + 0.08), torch.sqrt(x * x + y * y + 1e-6)


def _skull(ax: Tensor, x: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> tuple[Tensor, Tensor, Tensor]:
    narrowed = 1 + a.taper * y
    skull = ellipsoid(x * narrowed, y - 0.06, z, a.face_width * 0.98, a.face_height, 0.86)
    cheek = sphere(ax - 0.44 * a.face_width * (1 + 0.5 * a.taper), y + 0.30, z - 0.34, a.cheek)
    bridge = ellipsoid(
        x, y - a.muzzle_y - 0.12, z - a.muzzle_z * 0.62, 0.24, 0.24, 0.42 + 0.3 * a.muzzle_length
    )
    brow = ellipsoid(
        ax - a.eye_x,
        y - a.eye_y - a.eye_radius * 0.85,
        z - a.eye_z + 0.05,
        a.eye_radius,
        0.10,
        0.16,
    )
    head = smooth_min(skull, cheek, 0.22)
    head = smooth_min(head, _fluff(ax, y, z, a), 0.16)
    head = smooth_min(head, brow, 0.16)
    return skull, cheek, smooth_min(head, bridge, 0.16)


def _fluff(ax: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> Tensor:
    """A lynx's side whiskers: three pointed locks of fur on each cheek, inside it where fluff is 0."""
    dx, dy, dz = ax - 0.50 * a.face_width, y + 0.26, (z - 0.14) * 1.25
    upper = _lock(dx, dy, dz, (0.97, -0.24), 0.25, 0.25 + 0.28 * a.fluff)
    middle = _lock(dx, dy + 0.10, dz, (0.86, -0.51), 0.24, 0.25 + 0.30 * a.fluff)
    lower = _lock(dx, dy + 0.20, dz, (0.62, -0.78), 0.22, 0.24 + 0.24 * a.fluff)
    return smooth_min(smooth_min(upper, middle, 0.05), lower, 0.05) * 0.8


def _lock(
    dx: Tensor, dy: Tensor, dz: Tensor, direction: tuple[float, float], width: float, length: Tensor
) -> Tensor:
    """A pointed lock of fur from the origin."""
    along = dx * direction[0] + dy * direction[1]
    across = dx * direction[1] - dy * direction[0]
    return round_cone(torch.sqrt(across * across + dz * dz + 1e-9), along, width, 0.045, length)


def _ear(ax: Tensor, y: Tensor, z: Tensor, side: Tensor, a: Anatomy) -> tuple[Tensor, Tensor, Tensor]:
    """(ear, its hollow, position along it): a flattened round cone, bent outwards as a parabola."""
    dx, dy, dz = ax - a.ear_x, y - a.ear_y, z + 0.12
    cosine, sine = a.ear_cos + side * a.ear_cos_side, a.ear_sin + side * a.ear_sin_side
    along = dx * sine + dy * cosine
    bend = along.clamp(min=0)
    across = dx * cosine - dy * sine - a.ear_bend * bend * bend
    steepness = 0.72 / (
        1 + 0.8 * a.ear_bend
    )  # bent and flattened space: distances are shorter than they look
    flat = dz * 1.7
    ear = round_cone(
        torch.sqrt(across * across + flat * flat + 1e-9), along, a.ear_r1, a.ear_r2, a.ear_height
    )
    flat = (dz - 0.15 * a.ear_size) * 1.5
    hollow = round_cone(
        torch.sqrt(across * across + flat * flat + 1e-9),
        along,
        a.ear_r1 * 0.70,
        a.ear_r2 * 0.62,
        a.ear_height * 0.93,
    )
    ear, hollow = ear * steepness, hollow * steepness
    return smooth_max(ear, -hollow, 0.04), hollow, along


def _body(x: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> Tensor:
    body = sphere(x - a.body_x, y - a.body_y, z - a.body_z, BODY_RADIUS)
    left = sphere(x - a.left_shoulder_x, y - a.left_shoulder_y, z - a.left_shoulder_z, SHOULDER_RADIUS)
    right = sphere(x - a.right_shoulder_x, y - a.right_shoulder_y, z - a.right_shoulder_z, SHOULDER_RADIUS)
    return smooth_min(body, torch.minimum(left, right), 0.22)


def _mane(x: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> Tensor:
    angle, radius = mane_angle(x, y)
    strands = mane_strands(angle, radius)
    height = a.mane_spikes * (0.02 + 0.085 * a.mane)
    disk = ellipsoid(x, y + 0.12, z + 0.30, 0.84 + 0.52 * a.mane, 0.84 + 0.55 * a.mane, 0.36 + 0.26 * a.mane)
    return (disk - height * strands * (radius - 0.45).clamp(0, 1)) * 0.8


def mane_strands(angle: Tensor, radius: Tensor) -> Tensor:
    """-1 .. 1: locks of the mane, mirror symmetric in the angle."""
    return 0.75 * torch.cos(13 * angle + torch.sin(3 * angle)) + 0.3 * torch.cos(31 * angle) * torch.cos(
        5 * radius - 2
    )
