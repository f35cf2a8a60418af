"""The ramps measured in CIELAB, which had no part in making them."""

import numpy as np
import pytest

from render.colour_ramps import RAMP_NAMES, RampName, ramp, ramp_row, ramp_texels, ramped
from render.oklab import to_srgb

WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def cielab(srgb: np.ndarray) -> np.ndarray:
    """sRGB levels (..., 3) -> L*, a*, b*."""
    values = srgb / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    ratio = linear @ TO_XYZ.T / WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


@pytest.mark.parametrize("name", RAMP_NAMES)
def test_lightness_grows_all_the_way(name: RampName) -> None:
    """Steps of 8 levels: a single one is less than the rounding to whole levels."""
    lightness = cielab(ramp(name)[::8].astype(float))[:, 0]
    assert (np.diff(lightness) > 0).all()
    assert lightness[0] < 15
    assert lightness[-1] > 88


@pytest.mark.parametrize("name", RAMP_NAMES)
def test_equal_steps_look_equally_far_apart(name: RampName) -> None:
    colours = cielab(ramp(name)[::16].astype(float))
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)
    assert steps.max() / steps.min() < 2.2  # CIELAB itself is uniform to about a factor of two


@pytest.mark.parametrize("name", RAMP_NAMES)
def test_no_step_shows_as_a_line(name: RampName) -> None:
    jumps = np.abs(np.diff(ramp(name).astype(int), axis=0)).max()
    assert jumps <= 5


def test_values_take_the_nearest_level_and_are_clamped() -> None:
    values = np.array([[-1.0, 0.0], [0.5, 7.0]])
    np.testing.assert_array_equal(ramped(values, "heat")[0, 1], ramp("heat")[0])
    np.testing.assert_array_equal(ramped(values, "heat")[0, 0], ramp("heat")[0])
    np.testing.assert_array_equal(ramped(values, "heat")[1, 0], ramp("heat")[128])
    np.testing.assert_array_equal(ramped(values, "heat")[1, 1], ramp("heat")[255])
    np.testing.assert_array_equal(ramp_texels()[ramp_row("change")], ramp("change"))


@pytest.mark.parametrize(
    ("lab", "srgb"),
    [
        ((1.0, 0.0, 0.0), (1, 1, 1)),
        ((0.62796, 0.22486, 0.12585), (1, 0, 0)),
        ((0.86644, -0.23389, 0.17950), (0, 1, 0)),
        ((0.45201, -0.03246, -0.31153), (0, 0, 1)),
        ((0.0, 0.0, 0.0), (0, 0, 0)),
    ],
)
def test_oklab_of_the_primaries(lab: tuple[float, ...], srgb: tuple[float, ...]) -> None:
    """Published values."""
    assert to_srgb(np.array(lab)) == pytest.approx(srgb, abs=2e-3)
