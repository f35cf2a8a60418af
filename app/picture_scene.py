"""`scene_of`: what the canvas shows, as a `Scene` of render/. The only place that chooses marker colours."""

from __future__ import annotations

from app.pointer_tools import brush_mode
from app.progress import LOW_CONFIDENCE
from app.state import AppState, HandleView
from render.scene import Brush, Colour, DragMarker, MarkerState, Scene

BACKGROUND: Colour = (0.055, 0.059, 0.071)

HANDLE_COLOURS: tuple[Colour, ...] = (
    (1.00, 0.42, 0.36),
    (0.36, 0.72, 1.00),
    (0.98, 0.78, 0.28),
    (0.45, 0.86, 0.55),
    (0.80, 0.55, 1.00),
    (1.00, 0.58, 0.80),
)
DONE_PX = 1.0


def handle_colour(handle_id: int) -> Colour:
    """Colour of a handle, the same in the picture and in the list."""
    return HANDLE_COLOURS[handle_id % len(HANDLE_COLOURS)]


def scene_of(state: AppState) -> Scene:
    """The scene of a state. Equal states give equal scenes, and an equal scene is not composed again."""
    return Scene(
        size=state.viewport.canvas_size,
        view=state.viewport.view(),
        markers=_markers(state),
        show_markers=state.show_markers,
        mask_opacity=state.mask_opacity if state.show_markers and state.mask_painted else 0.0,
        brush=_brush(state),
        background=BACKGROUND,
        marker_scale=1.0,
        image_size=state.picture_size,
        warps=state.warps,
    )


def _markers(state: AppState) -> tuple[DragMarker, ...]:
    markers = [
        DragMarker(view.handle, view.target, handle_colour(view.id), _marker_state(state, view))
        for view in state.handles.values()
    ]
    if state.pending_handle is not None:
        target = state.cursor or state.pending_handle
        colour = handle_colour(state.next_handle_id)
        markers.append(DragMarker(state.pending_handle, target, colour, "selected"))
    return tuple(markers)


def _marker_state(state: AppState, view: HandleView) -> MarkerState:
    if state.held is not None and state.held[0] == view.id:
        return "selected"
    if state.hovered is not None and state.hovered[0] == view.id:
        return "hovered"
    if view.confidence is not None and view.confidence < LOW_CONFIDENCE:
        return "lost"
    if view.confidence is not None and view.distance_px <= DONE_PX:
        return "done"
    return "selected" if state.selected == view.id else "idle"


def _brush(state: AppState) -> Brush | None:
    if state.tool not in ("movable", "fixed", "erase") or state.cursor is None:
        return None
    return Brush(*state.cursor, state.brush_radius_px, brush_mode(state))
