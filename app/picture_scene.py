"""`scene_of`: what the canvas shows, as a `Scene` of render/. The only place that chooses marker colours."""

from __future__ import annotations

from app.colours import COLOURS
from app.pointer_tools import brush_mode
from app.progress import is_lost
from app.state import AppState, HandleView
from render.scene import Brush, Colour, DragMarker, MarkerState, Scene, Trail

# Found by a search for the largest least distance (OKLab), also as seen with protanopia, deuteranopia and
# tritanopia, from each other and from the white of a selected point. What is handle and what
# target is told by their shapes.
HANDLE_COLOURS: tuple[Colour, ...] = (
    (1.00, 0.42, 0.36),
    (0.24, 0.80, 1.00),
    (0.99, 0.81, 0.20),
    (0.42, 0.12, 1.00),
    (0.63, 0.24, 0.36),
    (0.22, 0.56, 0.81),
)


def handle_colour(handle_id: int) -> Colour:
    """Colour of a handle, the same in the picture, in the list and in a video."""
    return HANDLE_COLOURS[handle_id % len(HANDLE_COLOURS)]


def background_of(state: AppState) -> Colour:
    """What is around the picture, of the window's theme."""
    red, green, blue = COLOURS[state.window.settings.theme].canvas
    return red / 255, green / 255, blue / 255


def scene_of(state: AppState) -> Scene:
    """The scene of a state. Equal states give equal scenes, and an equal scene is not composed again."""
    overlays = state.overlays
    drawn = overlays.drawn(state.watched)
    shows_mask = state.show_markers and state.mask_painted and not overlays.shows_start_alone
    return Scene(
        size=state.viewport.canvas_size,
        view=state.viewport.view(),
        markers=_markers(state),
        show_markers=state.show_markers,
        mask_opacity=overlays.choice.mask.strength if shows_mask else 0.0,
        brush=None if overlays.shows_start_alone else _brush(state),
        background=background_of(state),
        marker_scale=state.window.scale,
        image_size=state.picture_size,
        warps=state.warps,
        overlays=drawn,
        trails=_trails(state) if drawn.paths > 0 else (),
        radii_px=overlays.facts.radii_px if drawn.radii > 0 and overlays.facts else None,
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


def _trails(state: AppState) -> tuple[Trail, ...]:
    return tuple(
        Trail(points, handle_colour(handle_id))
        for handle_id, points in state.overlays.trails.items()
        if handle_id in state.handles
    )


def _marker_state(state: AppState, view: HandleView) -> MarkerState:
    if state.held is not None and state.held[0] == view.id:
        return "selected"
    if state.hovered is not None and state.hovered[0] == view.id:
        return "hovered"
    if is_lost(view.confidence):
        return "lost"
    if view.confidence is not None and view.distance_px <= state.stop_px:
        return "done"
    return "selected" if state.selected == view.id else "idle"


def _brush(state: AppState) -> Brush | None:
    if state.tool not in ("movable", "fixed", "erase") or state.cursor is None:
        return None
    return Brush(*state.cursor, state.brush_radius_px, brush_mode(state))
