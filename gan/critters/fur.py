"""The colour of fur, mane, lids and the inside of the mouth at points of a critter's surface."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.critters.anatomy import Anatomy
from gan.critters.body import Parts, mane_angle, mane_strands
from gan.critters.look import Look
from gan.critters.primitives import ellipsoid, smooth_step

Rgb = tuple[Tensor, Tensor, Tensor]

MOUTH_COLOUR = (0.16, 0.03, 0.035)
LASH_COLOUR = (0.02, 0.015, 0.015)
INNER_EAR_COLOUR = (0.78, 0.42, 0.40)
NOSE_CENTRE_Y = -0.22  # the fur grows away from here


def mix(a: Rgb, b: Rgb | tuple[float, float, float], share: Tensor) -> Rgb:
    """a where share is 0, b where it is 1."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def scaled(colour: Rgb, factor: Tensor | float) -> Rgb:
    """The colour, brighter or darker."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def strands(ax: Tensor, y: Tensor, z: Tensor, pixel: Tensor) -> Tensor:
    """-1 .. 1: tufts of fur along its flow away from the nose; fades out where a pixel cannot hold them.

    pixel: a pixel's width in head space.
    """
    dy = y - NOSE_CENTRE_Y
    radius = torch.sqrt(ax * ax + dy * dy + 0.01)
    angle = torch.atan2(ax, dy)
    broad = torch.cos(23 * angle + 2.5 * torch.sin(5 * radius) + 3 * z) * torch.cos(
        9 * radius + 3 * torch.sin(4 * angle) - 5 * z
    )
    fine = torch.cos(49 * angle + 4 * torch.sin(7 * radius) - 6 * z) * torch.cos(
        15 * radius - 2 * torch.sin(3 * angle) + 8 * z
    )
    return broad * _visible(23 / radius, pixel) + 0.6 * fine * _visible(49 / radius, pixel)


def fur_colour(x: Tensor, y: Tensor, z: Tensor, p: Parts, a: Anatomy, k: Look, pixel: Tensor) -> Rgb:
    """Linear colour of the soft parts at (x, y, z), (M,) each."""
    ax = torch.sqrt(x * x + 1e-5)
    hair = strands(ax, y, z, pixel)
    coat, dark, second = _rgb(k, "coat"), _rgb(k, "dark"), _rgb(k, "second")
    # darker towards the crown
    colour = scaled(coat, 1 - 0.11 * smooth_step(0.2, 0.95, y))
    colour, masked = _light_face(colour, second, ax, y, z, hair, p, k)
    colour = mix(colour, dark, _eye_patch(p, a, hair) * k.patch_strength)
    colour = mix(colour, dark, _stripes(ax, y, z, hair) * k.stripe_strength * 0.9 * (1 - masked))
    colour = mix(colour, dark, _spots(ax, y, z) * k.spot_strength * 0.8 * (1 - masked))
    # ears: dark tips, rosy inside
    on_ear = smooth_step(0.03, -0.01, p.ear - p.head + 0.03)
    tip = smooth_step(0.45, 0.85, p.ear_along / (a.ear_height + a.ear_r2) + 0.04 * hair) * on_ear
    colour = mix(colour, dark, tip * k.tip_strength)
    inner = smooth_step(0.045, 0.0, p.ear_hollow.abs()) * smooth_step(0.06, 0.02, p.ear.abs())
    rosy = mix(scaled(second, 0.35), (0.0, 0.0, 0.0), torch.zeros_like(x))
    rosy = (
        rosy[0] + 0.65 * INNER_EAR_COLOUR[0],
        rosy[1] + 0.65 * INNER_EAR_COLOUR[1],
        rosy[2] + 0.65 * INNER_EAR_COLOUR[2],
    )
    colour = mix(colour, rosy, inner * 0.85)
    colour = mix(colour, scaled(dark, 0.35), _eyebrow(ax, y, z, a) * 0.75)
    colour = mix(colour, second, _chest(x, y, z, hair, p, a) * 0.8)
    colour = mix(colour, scaled(coat, 0.80), smooth_step(0.02, 0.0, p.lid.abs()) * 0.5)
    lash = smooth_step(0.03, 0.0, p.lid_cut.abs()) * smooth_step(0.03, 0.0, p.lid.abs())
    colour = mix(colour, LASH_COLOUR, lash * 0.9)
    colour = mix(colour, MOUTH_COLOUR, smooth_step(0.02, -0.006, p.cavity))
    colour = mix(colour, _mane_colour(x, y, k), smooth_step(-0.5 * pixel, 0.5 * pixel, p.fur - p.mane))
    grain = 1 + 0.075 * hair
    return (
        (colour[0] * grain).clamp(0.003, 1),
        (colour[1] * grain).clamp(0.003, 1),
        (colour[2] * grain).clamp(0.003, 1),
    )


def _visible(frequency: Tensor, pixel: Tensor) -> Tensor:
    """How much of a wave (radians a unit) survives a pixel's box: band limiting, so nothing crawls."""
    phase = frequency * pixel
    return torch.exp(-0.35 * phase * phase)


def _rgb(k: Look, name: str) -> Rgb:
    return getattr(k, f"{name}_r"), getattr(k, f"{name}_g"), getattr(k, f"{name}_b")


def _light_face(
    colour: Rgb, second: Rgb, ax: Tensor, y: Tensor, z: Tensor, hair: Tensor, p: Parts, k: Look
) -> tuple[Rgb, Tensor]:
    """The blaze on the forehead and the mask around the muzzle: (colour, how much is mask)."""
    front = smooth_step(0.2, 0.4, z)
    blaze = smooth_step(0.17, 0.05, ax * (1 + 0.4 * y.clamp(0, 1)) - 0.02 * hair) * smooth_step(0.85, 0.5, y)
    colour = mix(colour, second, blaze * front * k.blaze_strength * 0.9)
    reach = 0.10 + 0.16 * k.mask
    around = torch.minimum(torch.minimum(p.pad, p.jaw), p.cheek + 0.16 - 0.22 * k.mask) + 0.02 * hair
    masked = (
        smooth_step(reach, reach - 0.10, around)
        * smooth_step(0.08, -0.02, y - 0.35 * (ax - 0.28) - 0.02 * hair)
        * front
    )
    return mix(colour, second, masked * (0.45 + 0.55 * k.mask_strength)), masked


def _eye_patch(p: Parts, a: Anatomy, hair: Tensor) -> Tensor:
    """A panda's patches."""
    dx, dy = p.eye_dx + 0.25 * p.eye_dy, 0.82 * p.eye_dy
    away = torch.sqrt(dx * dx + dy * dy + p.eye_dz * p.eye_dz + 1e-9)
    return smooth_step(a.eye_radius * 1.55, a.eye_radius * 1.30, away - 0.03 * hair)


def _stripes(ax: Tensor, y: Tensor, z: Tensor, hair: Tensor) -> Tensor:
    """A tabby's stripes: on the forehead, the cheeks and the body."""
    high = (y - 0.25).clamp(0, 1)
    waves = torch.sin(17 * y + 6 * ax * ax + 1.2 * torch.sin(5 * ax)) - 0.2 * hair
    sides = smooth_step(0.10, 0.34, ax * 0.9 + 0.6 * high)
    return (
        smooth_step(0.12, 0.48, waves) * sides * smooth_step(0.62, 0.35, z - 0.3 * smooth_step(0.1, 0.4, y))
    )


def _spots(ax: Tensor, y: Tensor, z: Tensor) -> Tensor:
    waves = torch.sin(11 * ax + 1.3) * torch.sin(12 * y) * torch.sin(10 * z + 0.5)
    return smooth_step(0.28, 0.42, waves) * smooth_step(-0.15, 0.1, y + 0.25 * ax)


def _eyebrow(ax: Tensor, y: Tensor, z: Tensor, a: Anatomy) -> Tensor:
    raised = a.eye_radius * 1.28 + 0.05 * a.brow + 0.22 * a.eye_tilt * (ax - a.eye_x)
    return smooth_step(
        0.05, 0.0, ellipsoid(ax - a.eye_x * 1.02, y - a.eye_y - raised, z - a.eye_z, 0.15, 0.035, 0.4)
    )


def _chest(x: Tensor, y: Tensor, z: Tensor, hair: Tensor, p: Parts, a: Anatomy) -> Tensor:
    """The light patch on the breast; it faces the camera, however the head is turned."""
    dx, dy, dz = x - a.body_x, y - a.body_y, z - a.body_z
    right = dx * a.right_x + dy * a.right_y + dz * a.right_z
    up = dx * a.up_x + dy * a.up_y + dz * a.up_z
    front = dx * a.front_x + dy * a.front_y + dz * a.front_z
    away = torch.sqrt(right * right + (up - 0.25) * (up - 0.25) + 1e-6) - 0.03 * hair
    return smooth_step(0.04, 0.0, p.body) * smooth_step(0.62, 0.45, away) * smooth_step(0.0, 0.2, front)


def _mane_colour(x: Tensor, y: Tensor, k: Look) -> Rgb:
    angle, radius = mane_angle(x, y)
    streak = 0.82 + 0.24 * mane_strands(angle, radius)
    return scaled(_rgb(k, "mane"), streak * (0.75 + 0.4 * (radius - 0.6).clamp(0, 1)))
