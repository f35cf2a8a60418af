"""What is seen and how large: zoom, brush size, opacity, markers. Changes no edit."""

from __future__ import annotations

from app import events
from app.state import AppState

ZOOM_PER_NOTCH = 1.18
BRUSH_PER_NOTCH = 1.15
BRUSH_RANGE_PX = (0.5, 256.0)


def apply_view(state: AppState, event: events.ViewEvent) -> None:
    """Applies one event."""
    match event:
        case events.WheelTurned(ctrl=True):
            _set_brush_radius(state, state.brush_radius_px * BRUSH_PER_NOTCH**event.notches)
        case events.WheelTurned():
            state.viewport = state.viewport.zoomed(ZOOM_PER_NOTCH**event.notches, event.x, event.y)
            state.cursor = state.viewport.to_image(event.x, event.y)
        case events.CanvasResized():
            size = (max(event.width, 1), max(event.height, 1))
            state.viewport = state.viewport.resized(size, state.picture_size)
        case events.FitView():
            state.viewport = state.viewport.fit(state.picture_size)
        case events.ZoomView():
            width, height = state.viewport.canvas_size
            state.viewport = state.viewport.zoomed(event.factor, width / 2, height / 2)
        case events.SetBrushRadius():
            _set_brush_radius(state, event.radius_px)
        case events.ScaleBrush():
            _set_brush_radius(state, state.brush_radius_px * event.factor)
        case events.SetMaskOpacity():
            state.overlays.choice = state.overlays.choice.with_opacity("mask", event.opacity)
        case events.ToggleMarkers():
            state.show_markers = not state.show_markers


def _set_brush_radius(state: AppState, radius_px: float) -> None:
    low, high = BRUSH_RANGE_PX
    state.brush_radius_px = min(max(radius_px, low), high)
