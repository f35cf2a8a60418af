"""Where handles, targets and arrows lie in output px: scene in, arrays out. For both compositors; no GL."""

import math

import numpy as np
from numpy.typing import NDArray

from render.scene import MARKER_STATES, DragMarker, Scene
from render.style import MarkerStyle

HANDLE_KIND = 0
TARGET_KIND = 1


def point_instances(scene: Scene, style: MarkerStyle) -> NDArray[np.float32]:
    """(N, 8) rows of x, y, kind, state, red, green, blue, size factor: all targets, then all handles.

    Handles lie above targets, because it is the handle that a person grabs.
    """
    rows: list[tuple[float, ...]] = []
    for kind in (TARGET_KIND, HANDLE_KIND):
        for marker in scene.markers:
            x, y = scene.view.to_output(marker.handle if kind == HANDLE_KIND else marker.target)
            if math.isfinite(x) and math.isfinite(y):
                state = MARKER_STATES.index(marker.state)
                rows.append((x, y, kind, state, *marker.colour, _size_factor(scene, marker, style)))
    return np.array(rows, np.float32).reshape(-1, 8)


def arrow_instances(scene: Scene, style: MarkerStyle) -> NDArray[np.float32]:
    """(N, 12) rows of tail x, y, tip x, y, red, green, blue, state, size factor, 0, 0, 0.

    An arrow runs from the edge of the handle's ring to the edge of the target's diamond; one that would be
    shorter than `style.shortest_arrow_px` is left out.
    """
    rows: list[tuple[float, ...]] = []
    for marker in scene.markers:
        size = _size_factor(scene, marker, style)
        tail_x, tail_y = scene.view.to_output(marker.handle)
        tip_x, tip_y = scene.view.to_output(marker.target)
        distance = math.hypot(tip_x - tail_x, tip_y - tail_y)
        if not math.isfinite(distance) or distance == 0:
            continue
        axis_x, axis_y = (tip_x - tail_x) / distance, (tip_y - tail_y) / distance
        start = (style.ring_radius_px + style.arrow_gap_px) * size
        # The diamond's edge is nearest along its sides: |x| + |y| = radius.
        reach = style.diamond_radius_px / (abs(axis_x) + abs(axis_y)) + style.arrow_gap_px
        end = distance - reach * size
        if end - start < style.shortest_arrow_px * size:
            continue
        rows.append(
            (
                *(tail_x + axis_x * start, tail_y + axis_y * start),
                *(tail_x + axis_x * end, tail_y + axis_y * end),
                *(*marker.colour, MARKER_STATES.index(marker.state)),
                *(size, 0.0, 0.0, 0.0),
            )
        )
    return np.array(rows, np.float32).reshape(-1, 12)


def _size_factor(scene: Scene, marker: DragMarker, style: MarkerStyle) -> float:
    return scene.marker_scale * (style.hover_growth if marker.state == "hovered" else 1.0)
