"""`recorded_scene`: what a recording shows of the window's state, as a `Scene` of the recording's size."""

from __future__ import annotations

from dataclasses import replace

from app.picture_scene import scene_of
from app.recording.choice import RecordingChoice
from app.recording.cursor import Cursor
from app.state import AppState
from render.scene import Scene, View

OWN_SIZE_LIMIT_PX = 1080  # of a picture that is recorded as large as it is shown


def recorded_size(state: AppState, choice: RecordingChoice) -> tuple[int, int]:
    """(width, height) of a recording that begins now; even where it is not the canvas' own."""
    if choice.area == "canvas":
        width, height = state.viewport.canvas_size
        if not choice.size_px:
            return width, height  # odd or not: then the window's own composition is the frame
        factor = choice.size_px / max(width, height)
    else:
        width, height = state.picture_size
        shown = min(state.viewport.fit(state.picture_size).scale, OWN_SIZE_LIMIT_PX / max(width, height))
        factor = choice.size_px / max(width, height) if choice.size_px else shown
    return max(2, round(width * factor) // 2 * 2), max(2, round(height * factor) // 2 * 2)


def recorded_scene(state: AppState, choice: RecordingChoice, size: tuple[int, int]) -> Scene:
    """The scene of a frame of `size`. Where it is what the canvas shows, it equals the canvas' scene."""
    scene = scene_of(state)
    if choice.area == "picture":
        width, height = state.picture_size
        scale = min(size[0] / width, size[1] / height)
        view = View(scale, (size[0] - scale * width) / 2, (size[1] - scale * height) / 2)
        shown = state.viewport.scale
        scene = replace(scene, size=size, view=view, marker_scale=_marker_scale(scale / shown, scene))
    elif size != scene.size:
        # the canvas may have changed its size since the recording began: all of it stays in the frame
        factor = min(size[0] / scene.size[0], size[1] / scene.size[1])
        left, top = (size[0] - factor * scene.size[0]) / 2, (size[1] - factor * scene.size[1]) / 2
        old = scene.view
        view = View(old.scale * factor, left + old.offset_x * factor, top + old.offset_y * factor)
        scene = replace(scene, size=size, view=view, marker_scale=_marker_scale(factor, scene))
    overlays = scene.overlays
    if not choice.overlays:
        overlays = replace(overlays, features=0.0, similarity=0.0, difference=0.0, start=0.0, split=None)
    return replace(
        scene,
        overlays=overlays,
        show_markers=scene.show_markers and choice.markers,
        mask_opacity=scene.mask_opacity if choice.mask else 0.0,
        brush=scene.brush if choice.cursor else None,
    )


def recorded_cursor(state: AppState, scene: Scene) -> Cursor | None:
    """Where the mouse is in the frame; None where it is not over the canvas."""
    if state.cursor is None:
        return None
    x, y = scene.view.to_output(state.cursor)
    return Cursor(x, y, pressed=state.held is not None)


def _marker_scale(factor: float, scene: Scene) -> float:
    """Markers become larger with the frame, but never too small to be seen."""
    return scene.marker_scale * min(max(factor, 0.7), 3.0)
