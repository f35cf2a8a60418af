"""Where tracked paths, the radii around handles and the split's line lie in output px: scene in, numbers out.

For both compositors; no GL.
"""

import math

import numpy as np
from numpy.typing import NDArray

from render.scene import Scene, Trail
from render.style import OverlayStyle

OUTLINE, LINE = 0.0, 1.0


def path_instances(scene: Scene, style: OverlayStyle) -> NDArray[np.float32]:
    """(N, 12) rows, one a segment: x, y of its ends; red, green, blue, kind (OUTLINE or LINE); alpha at
    either end, whether it is its path's first, 0.

    A path's outlines come before its lines, so that no outline lies over a line.
    """
    parts: list[NDArray[np.float32]] = [np.zeros((0, 12), np.float32)]
    for trail in scene.trails:
        points = _thinned(scene, trail, style.path_step_px * scene.marker_scale)
        count = len(points) - 1  # of segments
        if count < 1:
            continue
        alphas = _alpha(np.arange(count + 1) / count, style)
        rows = np.zeros((2, count, 12), np.float32)
        rows[..., 0:2], rows[..., 2:4] = points[:-1], points[1:]
        rows[..., 4:7] = trail.colour
        rows[0, :, 7], rows[1, :, 7] = OUTLINE, LINE
        rows[..., 8], rows[..., 9] = alphas[:-1], alphas[1:]
        rows[:, 0, 10] = 1.0
        parts.extend(rows)
    return np.concatenate(parts)


def radius_instances(scene: Scene) -> NDArray[np.float32]:
    """(N, 8) rows, one a handle: x, y, r1, r2 in output px; red, green, blue, 0."""
    if scene.radii_px is None:
        return np.zeros((0, 8), np.float32)
    r1, r2 = (radius * scene.view.scale for radius in scene.radii_px)
    rows: list[tuple[float, ...]] = []
    for marker in scene.markers:
        x, y = scene.view.to_output(marker.handle)
        if math.isfinite(x) and math.isfinite(y):
            rows.append((x, y, r1, r2, *marker.colour, 0.0))
    return np.array(rows, np.float32).reshape(-1, 8)


def divider_x(scene: Scene, picture_rect: tuple[float, float, float, float]) -> float:
    """The output px at which the start ends and the present picture begins; the picture's right edge where
    the start is all over it."""
    x0, _, x1, _ = picture_rect
    split = scene.overlays.split
    return x1 if split is None else float(round(x0 + split.at * (x1 - x0)))


def grip_y(scene: Scene, picture_rect: tuple[float, float, float, float]) -> float:
    """The middle of the part of the divider that can be seen."""
    top, bottom = max(picture_rect[1], 0.0), min(picture_rect[3], float(scene.size[1]))
    return float(round((top + bottom) / 2))


def _thinned(scene: Scene, trail: Trail, step_px: float) -> NDArray[np.float64]:
    """The trail in output px, (N, 2), without points that are nearer than step_px to the last one kept; the
    newest is always there."""
    view = scene.view
    places = np.array(trail.points, np.float64).reshape(-1, 2)
    places = (view.offset_x, view.offset_y) + view.scale * (places + 0.5)
    ends_here = len(places) > 0 and bool(np.isfinite(places[-1]).all())
    places = places[np.isfinite(places).all(axis=1)]
    kept: list[int] = []
    last_x = last_y = math.inf
    for i, (x, y) in enumerate(places.tolist()):  # one after the other: which is near depends on what is kept
        if math.hypot(x - last_x, y - last_y) >= step_px:
            kept.append(i)
            last_x, last_y = x, y
    if len(kept) > 1 and ends_here:
        kept[-1] = len(places) - 1
    return places[kept]


def _alpha(age: NDArray[np.float64], style: OverlayStyle) -> NDArray[np.float64]:
    return style.path_oldest_alpha + age * (1 - style.path_oldest_alpha)
