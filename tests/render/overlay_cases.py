"""Scenes for each overlay alone and for all together, on pictures without a model."""

from __future__ import annotations

import numpy as np

from render.compositor import Compositor
from render.overlays import Overlays, Split
from render.scene import DragMarker, Scene, Trail, View
from tests.render.scenes import GREEN, RED, random_mask, random_picture

SIZE = (64, 48)  # of the picture
NOTHING = Overlays.none()


def smooth(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """A map of -1..1 with some hills, (C, h, w)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[1], : shape[2]]
    waves = [
        np.sin(rng.uniform(0.1, 0.6) * x + rng.uniform(0.1, 0.6) * y + rng.uniform(0, 6))
        for _ in range(shape[0])
    ]
    return np.stack(waves).astype(np.float16)


def fill(compositor: Compositor, seed: int = 0, channels: int = 3) -> None:
    """Gives it a picture, another one as the start, a mask and both maps."""
    rng = np.random.default_rng(seed)
    compositor.set_picture(random_picture(rng, *SIZE))
    compositor.set_layer("start", random_picture(rng, *SIZE))
    compositor.set_mask(random_mask(rng, *SIZE))
    compositor.set_layer("features", smooth(seed, (channels, 12, 16)))
    compositor.set_layer("similarity", np.abs(smooth(seed + 1, (1, 12, 16))))


def trail(seed: int = 0, count: int = 40) -> Trail:
    """A way that bends."""
    rng = np.random.default_rng(seed)
    steps = np.array((10.0, 20.0)) + np.cumsum(rng.normal((0.5, 0.1), 0.6, (count, 2)), axis=0)
    return Trail(tuple((float(x), float(y)) for x, y in steps), GREEN)


def overlay_scene(overlays: Overlays, view: View | None = None, size: tuple[int, int] = (400, 300)) -> Scene:
    """Two handles, a trail, radii; no mask."""
    return Scene(
        size,
        view or View(6.0, 8.0, 6.0),
        (DragMarker((20.0, 20.0), (35.0, 30.0), RED), DragMarker((40.0, 12.0), (44.0, 40.0), GREEN)),
        mask_opacity=0.0,
        overlays=overlays,
        trails=(trail(),),
        radii_px=(2.0, 6.0),
    )


CASES: dict[str, Overlays] = {
    "handles": Overlays(handles=0.6, arrows=0.0),
    "arrows": Overlays(handles=0.0, arrows=0.7),
    "paths": Overlays(handles=0.0, arrows=0.0, paths=0.9),
    "radii": Overlays(handles=0.0, arrows=0.0, radii=0.9),
    "features": Overlays(handles=0.0, arrows=0.0, features=0.8),
    "similarity": Overlays(handles=0.0, arrows=0.0, similarity=0.7),
    "difference": Overlays(handles=0.0, arrows=0.0, difference=0.8),
    "split": Overlays(handles=0.0, arrows=0.0, start=1.0, split=Split(0.4)),
    "split held": Overlays(handles=0.0, arrows=0.0, start=0.8, split=Split(0.7, is_lit=True)),
    "start": Overlays(handles=0.0, arrows=0.0, start=1.0),
    "all": Overlays(
        handles=0.9,
        arrows=0.9,
        paths=0.8,
        radii=0.8,
        features=0.3,
        similarity=0.4,
        difference=0.3,
        start=1.0,
        split=Split(0.3),
    ),
}
