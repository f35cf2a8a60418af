"""What can be looked at in a drag session beside its picture: whole maps of any block, the start, the radii.

Each function evaluates what it is asked for, anew; nothing here waits for the device, and no step depends on
it. Who shows them decides how often (`app.map_feed`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan.drag_session import DragSession
from gan.drag_state import DragSnapshot
from gan.edit_checks import check_feature_resolution
from gan.feature_grid import FeatureGrid, GridAxis, read_at_cells
from gan.feature_view import similarity
from gan.generator import Generator
from gan.point_tracking import feature_distance


def drag_block(session: DragSession) -> int:
    """The block whose features are dragged."""
    return check_feature_resolution(session.params.feature_resolution, session.generator)


def radii_px(session: DragSession) -> tuple[int, int]:
    """r1: the picture is pulled where |q - p| < r1. r2: a handle is looked for up to r2 px from where it was,
    along x and along y. Picture px."""
    axis, params = _axis(session), session.params
    return (
        params.supervision_radius_px(axis.picture_px, axis.cells),
        params.tracking_radius_px(axis.picture_px, axis.cells),
    )


def stop_distance_px(session: DragSession) -> float:
    """A handle this near its target has arrived. Picture px."""
    axis = _axis(session)
    return session.params.stop_distance_px(axis.picture_px, axis.cells, len(session.handle_ids))


def _axis(session: DragSession) -> GridAxis:
    return FeatureGrid.of(session.generator.architecture, drag_block(session)).y


@torch.no_grad()
def block_map(generator: Generator, w_plus: Tensor, resolution: int) -> Tensor:
    """Features (C, h, w) of one block at w_plus (num_ws, w_dim), the whole map.

    Raises EditError for a block that the generator lacks.
    """
    return generator.features(w_plus, check_feature_resolution(resolution, generator))


@torch.no_grad()
def handle_similarity(snapshot: DragSnapshot, handle_id: int, features: Tensor) -> Tensor:
    """How much every cell of the drag's features (C, h, w), as tracking reads them, resembles a handle's
    reference feature, (h, w) in 0..1 (`gan.feature_view.similarity`). Raises EditError where there is no such
    handle."""
    reference = snapshot.references[snapshot.index_of(handle_id)]  # (C,)
    difference = read_at_cells(features, snapshot.params.tracking_kernel) - reference[:, None, None]
    return similarity(feature_distance(difference[None], snapshot.params.tracking_norm)[0])
