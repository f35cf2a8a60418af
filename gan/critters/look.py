"""From factors to colours, patterns, light and backdrop: what a critter looks like, whatever its shape."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.critters.anatomy import between, dials

GAMMA = 2.2

# sRGB anchors along the coat's hue: cream, gold, orange, russet, brown, charcoal, slate, silver
COAT_PALETTE = (
    (0.98, 0.88, 0.70), (0.97, 0.74, 0.36), (0.94, 0.52, 0.18), (0.80, 0.33, 0.14),
    (0.52, 0.31, 0.19), (0.30, 0.25, 0.25), (0.42, 0.47, 0.56), (0.80, 0.82, 0.86),
)  # fmt: skip
# the mane's runs on past silver, into gold again: no jump where a hue circle would close
MANE_PALETTE = (*COAT_PALETTE, (0.97, 0.80, 0.50), (0.95, 0.62, 0.26))
# amber, gold, green, teal, blue; no red: it looks angry
IRIS_PALETTE = (
    (0.86, 0.42, 0.08), (0.90, 0.66, 0.10), (0.55, 0.78, 0.16), (0.16, 0.72, 0.42), (0.14, 0.62, 0.74),
    (0.22, 0.42, 0.78),
)  # fmt: skip

Colour = list[Tensor]


class Look(NamedTuple):
    """What shading needs: one tensor each, (N,) or one per ray. Colours are linear light."""

    coat_r: Tensor
    coat_g: Tensor
    coat_b: Tensor
    dark_r: Tensor
    dark_g: Tensor
    dark_b: Tensor
    second_r: Tensor
    second_g: Tensor
    second_b: Tensor
    mane_r: Tensor
    mane_g: Tensor
    mane_b: Tensor
    iris_r: Tensor
    iris_g: Tensor
    iris_b: Tensor
    nose_r: Tensor
    nose_g: Tensor
    nose_b: Tensor
    sun_r: Tensor
    sun_g: Tensor
    sun_b: Tensor
    ambient_r: Tensor
    ambient_g: Tensor
    ambient_b: Tensor
    near_r: Tensor
    near_g: Tensor
    near_b: Tensor
    far_r: Tensor
    far_g: Tensor
    far_b: Tensor
    backdrop_gradient: Tensor
    light_x: Tensor  # towards the light, world space
    light_y: Tensor
    light_z: Tensor
    glint_x: Tensor
    pupil: Tensor
    mask: Tensor
    mask_strength: Tensor
    stripe_strength: Tensor
    spot_strength: Tensor
    patch_strength: Tensor
    blaze_strength: Tensor
    tip_strength: Tensor


def look(z: Tensor) -> Look:
    """The look of critters z (N, FACTOR_COUNT); each field (N,)."""
    d = dials(z)
    coat = _coat(d)
    mane = [
        (c * between(0.62, 0.92, d["coat_lightness"])).clamp(0.03, 1)
        for c in palette(MANE_PALETTE, (d["coat_hue"] * 0.6 + d["mane_hue"] * 0.62) * 7 / 9)
    ]
    azimuth, elevation = (d["light_azimuth"] - 0.5) * 2.2, 0.30 + 0.70 * d["light_elevation"]
    warm = d["light_warmth"]
    sun = [torch.full_like(warm, 1.75), 1.64 - 0.16 * warm, 1.54 - 0.42 * warm]
    hue, lightness = d["backdrop_hue"], d["backdrop_lightness"]
    near = hsv(hue, between(0.24, 0.46, d["saturation"]), between(0.66, 1.0, lightness))
    far = hsv(hue + 0.08, between(0.42, 0.60, d["saturation"]), between(0.26, 0.68, lightness))
    tint = linear(hsv(hue, torch.full_like(hue, 0.35), torch.full_like(hue, 0.9)))
    ambient = [c * 0.55 + t * 0.45 for c, t in zip((0.52, 0.53, 0.60), tint, strict=True)]
    nose = d["nose_colour"] ** 2
    white = (1.0, 0.96, 0.90)
    second = [
        ((0.35 * c + 0.65 * w) * (0.86 + 0.16 * d["second_lightness"])).clamp(0, 1)
        for c, w in zip(coat, white, strict=True)
    ]
    dark = [c * 0.42 + tone for c, tone in zip(coat, (0.03, 0.01, 0.0), strict=True)]
    fields = [
        *linear(coat), *linear(dark), *linear(second), *linear(mane),
        *linear(palette(IRIS_PALETTE, d["iris_hue"])),
        0.028 + 0.45 * nose, 0.022 + 0.14 * nose, 0.024 + 0.14 * nose,
        *sun, *ambient, *linear(near), *linear(far),
        d["backdrop_gradient"],
        torch.sin(azimuth) * torch.cos(elevation), torch.sin(elevation),
        torch.cos(azimuth) * torch.cos(elevation), torch.sin(azimuth),
        between(0.38, 0.54, d["pupil"]),
        d["mask"],
        (d["mask"] * 1.6).clamp(max=1),
        ((d["stripes"] - 0.5) * 2.2).clamp(0, 1),
        ((d["spots"] - 0.55) * 2.6).clamp(0, 1),
        ((d["eye_patches"] - 0.5) * 2.4).clamp(0, 1),
        ((d["blaze"] - 0.45) * 3).clamp(0, 1),
        ((d["ear_tips"] - 0.4) * 2).clamp(0, 1),
    ]  # fmt: skip
    return Look(*fields)


def palette(anchors: tuple[tuple[float, float, float], ...], position: Tensor) -> Colour:
    """The colour at `position` 0..1 of evenly spaced anchors, straight lines between them."""
    at = position.clamp(0, 1) * (len(anchors) - 1)
    weights = [(1 - (at - i).abs()).clamp(min=0) for i in range(len(anchors))]
    return [sum((w * anchors[i][c] for i, w in enumerate(weights)), torch.zeros_like(at)) for c in range(3)]


def hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Colour:
    """sRGB of a hue in turns."""
    return [
        value * (1 - saturation + saturation * (((hue * 6 + k) % 6 - 3).abs() - 1).clamp(0, 1))
        for k in (0.0, 4.0, 2.0)
    ]


def linear(srgb: Colour) -> Colour:
    """sRGB 0..1 -> linear light, by a plain power."""
    return [c.clamp(min=0) ** GAMMA for c in srgb]


def _coat(d: dict[str, Tensor]) -> Colour:
    plain = [c * (0.82 + 0.26 * d["coat_lightness"]) for c in palette(COAT_PALETTE, d["coat_hue"])]
    grey = (plain[0] + plain[1] + plain[2]) / 3
    return [(grey + (c - grey) * (0.85 + 0.4 * d["saturation"])).clamp(0.03, 1) for c in plain]
