"""Where tracked paths, the radii around handles and the split's line lie in output px: scene in, numbers out.

For both compositors; no GL.
"""

import math

import numpy as np
from numpy.typing import NDArray

from render.scene import Point, Scene, Trail
from render.style import OverlayStyle

OUTLINE, LINE = 0.0, 1.0


def path_instances(scene: Scene, style: OverlayStyle) -> NDArray[np.float32]:
    """(N, 12) rows, one a segment: x, y of its ends; red, green, blue, kind (OUTLINE or LINE); alpha at
    either end, whether it is its path's first, 0.

    A path's outlines come before its lines, so that no outline lies over a line.
    """
    rows: list[tuple[float, ...]] = []
    for trail in scene.trails:
        points = _thinned(scene, trail, style.path_step_px * scene.marker_scale)
        last = len(points) - 1
        for kind in (OUTLINE, LINE):
            for i in range(last):
                ends = (*points[i], *points[i + 1])
                alphas = tuple(_alpha((i + end) / last, style) for end in (0, 1))
                rows.append((*ends, *trail.colour, kind, *alphas, float(i == 0), 0.0))
    return np.array(rows, np.float32).reshape(-1, 12)


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


def _thinned(scene: Scene, trail: Trail, step_px: float) -> list[Point]:
    """The trail in output px, without points that are nearer than step_px to the last one kept; the newest is
    always there."""
    kept: list[Point] = []
    for point in trail.points:
        at = scene.view.to_output(point)
        if not (math.isfinite(at[0]) and math.isfinite(at[1])):
            continue
        if not kept or math.dist(kept[-1], at) >= step_px:
            kept.append(at)
        newest = at
        if len(kept) > 1 and point is trail.points[-1] and kept[-1] != newest:
            kept[-1] = newest
    return kept


def _alpha(age: float, style: OverlayStyle) -> float:
    return style.path_oldest_alpha + age * (1 - style.path_oldest_alpha)
