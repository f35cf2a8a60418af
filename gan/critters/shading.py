"""Light on a critter: soft key light, sky, rim, eyes with glints, nose, backdrop, and the tone curve."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.critters.anatomy import Anatomy
from gan.critters.body import Parts, parts
from gan.critters.camera import HALF_VIEW
from gan.critters.fur import Rgb, fur_colour, mix
from gan.critters.look import GAMMA, Look
from gan.critters.primitives import smooth_step

TONGUE_COLOUR = (0.80, 0.20, 0.22)
FANG_COLOUR = (0.95, 0.93, 0.86)
EYE_WHITE = (0.93, 0.92, 0.90)
PUPIL_COLOUR = (0.012, 0.010, 0.012)
IRIS_RING = 0.03


def light_in_head(a: Anatomy, k: Look) -> Rgb:
    """The direction towards the key light in head space."""
    return to_head(a, k.light_x, k.light_y, k.light_z)


def to_head(a: Anatomy, x: Tensor, y: Tensor, z: Tensor) -> Rgb:
    """A direction of world space in head space."""
    return (
        a.right_x * x + a.up_x * y + a.front_x * z,
        a.right_y * x + a.up_y * y + a.front_y * z,
        a.right_z * x + a.up_z * y + a.front_z * z,
    )


def backdrop(u: Tensor, v: Tensor, k: Look) -> Rgb:
    """Linear colour behind the critter at (u, v) of the plane z = 0."""
    x, y = u / HALF_VIEW, v / HALF_VIEW
    radius = torch.sqrt(x * x + (y - 0.15) * (y - 0.15) + 1e-6)
    away = (1 - k.backdrop_gradient) * radius * 0.85 + k.backdrop_gradient * (0.5 - y * 0.5)
    share = smooth_step(-0.1, 1.1, away)
    near, far = (k.near_r, k.near_g, k.near_b), (k.far_r, k.far_g, k.far_b)
    return mix(near, far, share)


def tone(colour: Rgb, u: Tensor, v: Tensor) -> Rgb:
    """Vignette and highlight roll-off; linear light in 0..1."""
    x, y = u / HALF_VIEW, v / HALF_VIEW
    dark = 1.05 * (1 - 0.13 * (x * x + (y - 0.15) * (y - 0.15)).clamp(0, 1.6))
    return (_roll_off(colour[0] * dark), _roll_off(colour[1] * dark), _roll_off(colour[2] * dark))


def encode(light: Tensor) -> Tensor:
    """Linear light 0..1 -> display values 0..1."""
    return light.clamp(1e-6, 1) ** (1 / GAMMA)


def shade(
    point: Rgb,
    normal: Rgb,
    ray: Rgb,
    open_sky: Tensor,
    unshadowed: Tensor,
    pixel: Tensor,
    a: Anatomy,
    k: Look,
) -> Rgb:
    """Linear colour of surface points, (M,) each.

    open_sky: 1 - ambient occlusion. unshadowed: 0 in the key light's shadow. pixel: its width in head space.
    """
    x, y, z = point
    p = parts(x, y, z, a)
    light = light_in_head(a, k)
    facing = -(normal[0] * ray[0] + normal[1] * ray[1] + normal[2] * ray[2]).clamp(-1, 0)
    towards_light = normal[0] * light[0] + normal[1] * light[1] + normal[2] * light[2]
    upwards = normal[0] * a.up_x + normal[1] * a.up_y + normal[2] * a.up_z
    wrapped = smooth_step(-0.45, 1.25, towards_light) * 1.06
    shadow = 0.30 + 0.70 * unshadowed
    key = shadow * wrapped
    sky = (0.64 + 0.36 * upwards) * open_sky
    sun, ambient = (k.sun_r, k.sun_g, k.sun_b), (k.ambient_r, k.ambient_g, k.ambient_b)
    colour = fur_colour(x, y, z, p, a, k, pixel)
    # rim: fur catches light where it is seen edge on
    rim = (1 - facing) ** 3 * (0.45 + 0.55 * (upwards * 0.6 + 0.5).clamp(0, 1)) * open_sky * 0.52
    # light that wandered through the fur leaves it warmer, most in the half shadow
    through = 0.16 * open_sky * (1 - unshadowed).clamp(0, 1)
    warm = (1.0, 0.45, 0.30)

    def fur_light(c: Tensor, i: int) -> Tensor:
        lit = c * (sun[i] * key * (0.45 + 0.55 * open_sky) + ambient[i] * sky + through * warm[i])
        return lit + rim * (0.18 + 0.82 * c) * sun[i]

    lit = (fur_light(colour[0], 0), fur_light(colour[1], 1), fur_light(colour[2], 2))
    half = (light[0] - ray[0], light[1] - ray[1], light[2] - ray[2])
    inverse = torch.rsqrt(half[0] ** 2 + half[1] ** 2 + half[2] ** 2 + 1e-9)
    gloss = ((normal[0] * half[0] + normal[1] * half[1] + normal[2] * half[2]) * inverse).clamp(0, 1)
    edge = 0.35 * pixel
    soft = torch.minimum(p.fur, p.mane)
    eye = _eye(p, towards_light, open_sky, pixel, a, k)
    lit = mix(lit, eye, smooth_step(-edge, edge, torch.minimum(soft, p.nose) - p.eye))
    shine = gloss**24 * 0.55 * shadow + 0.20 * upwards.clamp(0, 1) ** 3 * facing
    lit = mix(
        lit,
        _plain((k.nose_r, k.nose_g, k.nose_b), sun, key, ambient, 0.8 * open_sky, shine),
        smooth_step(-edge, edge, torch.minimum(soft, p.eye) - p.nose),
    )
    one = torch.ones_like(x)
    tongue = (one * TONGUE_COLOUR[0], one * TONGUE_COLOUR[1], one * TONGUE_COLOUR[2])
    lit = mix(
        lit,
        _plain(tongue, sun, key * 0.9, ambient, 0.35 + 0.65 * open_sky, gloss**20 * 0.18 * shadow),
        smooth_step(-edge, edge, torch.minimum(soft, p.fang) - p.tongue),
    )
    fang = (one * FANG_COLOUR[0], one * FANG_COLOUR[1], one * FANG_COLOUR[2])
    grey = (one * 0.38, one * 0.38, one * 0.38)
    return mix(
        lit,
        _plain(fang, sun, 0.18 + 0.42 * key, grey, 0.4 + 0.6 * open_sky, one * 0),
        smooth_step(-edge, edge, torch.minimum(soft, p.tongue) - p.fang),
    )


def _plain(colour: Rgb, sun: Rgb, key: Tensor, ambient: Rgb, sky: Tensor, shine: Tensor) -> Rgb:
    """A smooth material: key light, sky, and a highlight of the light's own colour."""
    return (
        colour[0] * (sun[0] * key + ambient[0] * sky) + shine,
        colour[1] * (sun[1] * key + ambient[1] * sky) + shine,
        colour[2] * (sun[2] * key + ambient[2] * sky) + shine,
    )


def _eye(p: Parts, towards_light: Tensor, open_sky: Tensor, pixel: Tensor, a: Anatomy, k: Look) -> Rgb:
    """White, iris, pupil and two glints."""
    inverse = torch.rsqrt(p.eye_dx * p.eye_dx + p.eye_dy * p.eye_dy + p.eye_dz * p.eye_dz + 1e-9)
    dx, dy, dz = p.eye_dx * inverse, p.eye_dy * inverse, p.eye_dz * inverse
    right = torch.sign(p.side)
    gaze_x = right * a.gaze_x - 0.10  # eyes turn in a little: they look at someone near
    from_gaze = _angle(dx, dy, dz, gaze_x, a.gaze_y, torch.ones_like(gaze_x))
    blur = 0.6 * pixel / a.eye_radius
    iris = (k.iris_r, k.iris_g, k.iris_b)
    # the lower half of an iris glows: light enters from above and leaves below
    below = (0.85 - 1.1 * (dy - a.gaze_y * 0.8)).clamp(0.40, 1.8)
    shaded = (iris[0] * below, iris[1] * below, iris[2] * below)
    ring = (shaded[0] * 0 + IRIS_RING, shaded[1] * 0 + IRIS_RING, shaded[2] * 0 + IRIS_RING)
    one = torch.ones_like(dx)
    colour = (one * EYE_WHITE[0], one * EYE_WHITE[1], one * EYE_WHITE[2])
    colour = mix(colour, ring, smooth_step(0.80 + blur, 0.80 - blur, from_gaze))
    colour = mix(colour, shaded, smooth_step(0.745 + blur, 0.70 - blur, from_gaze))
    colour = mix(colour, PUPIL_COLOUR, smooth_step(k.pupil + blur, k.pupil - blur, from_gaze))
    # the upper lid's shadow
    under_lid = 0.48 + 0.52 * smooth_step(0.0, 0.4 * a.eye_radius, -p.lid_cut)
    sun = (k.sun_r, k.sun_g, k.sun_b)
    diffuse = 0.62 * (0.35 + 0.65 * (towards_light * 0.5 + 0.5).clamp(0, 1))
    occluded = (0.40 + 0.60 * open_sky) * under_lid
    glint = _glint(dx, dy, dz, right, (0.35 * k.glint_x, 0.42, 0.85), 0.235, blur, a)
    glint = glint + 0.45 * _glint(dx, dy, dz, right, (-0.30 * k.glint_x, -0.30, 0.9), 0.12, blur, a)
    return (
        colour[0] * (sun[0] * diffuse + 0.32) * occluded + glint,
        colour[1] * (sun[1] * diffuse + 0.32) * occluded + glint,
        colour[2] * (sun[2] * diffuse + 0.32) * occluded + glint,
    )


def _glint(
    dx: Tensor, dy: Tensor, dz: Tensor, right: Tensor, world: tuple[Tensor, float, float], radius: float,
    blur: Tensor, a: Anatomy,
) -> Tensor:  # fmt: skip
    """A round reflection that stays with the light, not with the head."""
    one = torch.ones_like(world[0])
    x, y, z = to_head(a, world[0], world[1] * one, world[2] * one)
    return smooth_step(radius + blur, radius - blur, _angle(dx, dy, dz, right * x, y, z))


def _angle(dx: Tensor, dy: Tensor, dz: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Radians between the unit vector d and (x, y, z)."""
    cosine = (dx * x + dy * y + dz * z) * torch.rsqrt(x * x + y * y + z * z + 1e-9)
    return torch.acos(cosine.clamp(-0.9999, 0.9999))


def _roll_off(light: Tensor) -> Tensor:
    bright = light / (1 + 0.25 * light) * 1.16
    # a soft shoulder: white fur in the sun keeps its folds
    return torch.where(bright < 0.7, bright, 1 - 0.3 * torch.exp(-(bright - 0.7).clamp(min=0) / 0.3))
