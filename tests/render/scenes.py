"""Scenes, masks and measurements for the tests of render/."""

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.compositor import Compositor
from render.scene import MARKER_STATES, Brush, DragMarker, Scene, View

Picture = NDArray[np.uint8]
RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def flat(width: int, height: int, level: int = 90) -> Picture:
    """A grey picture: whatever has a hue in the output was drawn over it."""
    return np.full((height, width, 3), level, np.uint8)


def texture_count() -> int:
    """GL textures that exist. Names are not used again at once, so they grow while tests run."""
    return sum(bool(gl.glIsTexture(name)) for name in range(1, 8192))


def composed(compositor: Compositor, scene: Scene) -> Picture:
    compositor.compose(scene)
    return compositor.read()


def centroid(weights: NDArray[np.float64]) -> tuple[float, float]:
    """Centre of mass (x, y) in output px (a pixel's centre lies at +0.5)."""
    y, x = np.mgrid[: weights.shape[0], : weights.shape[1]] + 0.5
    return (float((x * weights).sum() / weights.sum()), float((y * weights).sum() / weights.sum()))


def chroma(picture: Picture, channel: int) -> NDArray[np.float64]:
    """How much a channel stands out over the other two."""
    others = [index for index in range(3) if index != channel]
    values = picture.astype(np.float64)
    return np.clip(values[..., channel] - values[..., others].max(axis=-1), 0, None)


def random_picture(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Smooth blobs with some noise, as pictures have."""
    y, x = np.mgrid[:height, :width]
    waves = [
        np.sin(x * rng.uniform(0.05, 0.5) + y * rng.uniform(0.05, 0.5) + rng.uniform(0, 6)) for _ in range(3)
    ]
    noise = rng.normal(0, 6, (height, width, 3))
    return np.clip(128 + 90 * np.stack(waves, axis=-1) + noise, 0, 255).astype(np.uint8)


def random_mask(rng: np.random.Generator, width: int, height: int) -> Picture:
    mask = np.zeros((height, width), np.uint8)
    y, x = np.mgrid[:height, :width]
    for _ in range(3):
        reach = rng.uniform(2, width / 4)
        disc = (x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2 < reach**2
        mask[disc] = rng.integers(1, 3)
    return mask


def random_scene(rng: np.random.Generator, image_size: tuple[int, int]) -> Scene:
    width, height = image_size
    size = (int(rng.integers(120, 400)), int(rng.integers(120, 400)))
    scale = float(np.exp(rng.uniform(np.log(0.4), np.log(14))))
    view = View(
        scale,
        float(size[0] / 2 - scale * width * rng.uniform(0.2, 0.8)),
        float(size[1] / 2 - scale * height * rng.uniform(0.2, 0.8)),
    )

    def point() -> tuple[float, float]:
        return (float(rng.uniform(-5, width + 5)), float(rng.uniform(-5, height + 5)))

    def colour() -> tuple[float, float, float]:
        red, green, blue = rng.uniform(0.1, 1, 3)
        return (float(red), float(green), float(blue))

    states = rng.permutation(len(MARKER_STATES))
    markers = tuple(DragMarker(point(), point(), colour(), MARKER_STATES[index]) for index in states)
    modes = ("movable", "fixed", "erase")
    brush = Brush(*point(), float(rng.uniform(1, 12)), modes[int(rng.integers(3))])
    return Scene(size, view, markers, brush=brush, marker_scale=float(rng.uniform(0.7, 2)))


def shadow_beside(compositor: Compositor, background: float) -> float:
    """How much darker a grey background is right beside the picture that the compositor has, 0..1."""
    scene = Scene((200, 160), View(1.0, 60.0, 60.0), background=(background, background, background))
    output = composed(compositor, scene)
    return 1 - float(output[75, 59, 0]) / float(output[0, 0, 0])
