"""Colours by numbers: texts can be read, points can be told apart, also with a colour vision deficiency."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.colours import COLOURS, Colours, Rgb
from app.picture_scene import HANDLE_COLOURS
from app.settings import Theme

READABLE = 4.5  # WCAG 2.2, 1.4.3, text
SEEN = 1.15  # between grounds that lie beside each other; no text depends on it
APART = 0.15  # OKLab; a difference that is just seen is about 0.02

# Machado, Oliveira, Fernandes 2009: severity 1, on linear RGB.
SIGHTS: dict[str, list[list[float]]] = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TEXTS = ("text", "dim", "good", "warning", "error", "busy", "chosen_text")
GROUNDS = ("panel", "raised", "frame")


def test_the_measures_give_their_known_values() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    white, red = oklab((1.0, 1.0, 1.0), "usual"), oklab((1.0, 0.0, 0.0), "usual")
    assert white.tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
    assert red.tolist() == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    colours = COLOURS[theme]
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [("text", "hover"), ("dim", "hover"), ("text", "line"), ("text", "chosen")]
    pairs += [("chosen_text", "chosen"), ("accent_text", "accent"), ("accent_text", "accent_hover")]
    pairs += [("dim", "chosen")]
    low = {
        pair: round(ratio, 2)
        for pair in pairs
        if (ratio := contrast(named(colours, pair[0]), named(colours, pair[1]))) < READABLE
    }
    assert low == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_controls_stand_out_from_the_panel(theme: Theme) -> None:
    colours = COLOURS[theme]
    assert contrast(colours.frame, colours.panel) > SEEN
    assert contrast(colours.hover, colours.frame) > 1.1
    assert contrast(colours.accent, colours.panel) > 3.0  # WCAG 1.4.11, controls
    assert contrast(colours.grab, colours.frame) > 2.0


@pytest.mark.parametrize("sight", list(SIGHTS))
def test_points_are_told_apart_from_each_other_and_from_the_selection(sight: str) -> None:
    white = (1.0, 1.0, 1.0)  # the ring around a selected point, and the dot in each
    seen = [oklab(colour, sight) for colour in (*HANDLE_COLOURS, white)]
    nearest = min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))
    assert nearest > APART


def named(colours: Colours, name: str) -> Rgb:
    assert name in {field.name for field in fields(Colours)}
    return getattr(colours, name)


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG's ratio, 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(np.array(c) / 255)) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def oklab(srgb: tuple[float, float, float], sight: str) -> NDArray[np.float64]:
    """Ottosson's OKLab of what is seen."""
    rgb = np.clip(np.array(SIGHTS[sight]) @ linear(np.array(srgb)), 0, 1)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    mixed = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return mixed @ np.cbrt(cones @ rgb)
