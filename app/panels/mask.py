"""Mask: brush size, how the mask is shown, and whole-mask actions; the brushes are in the toolbar."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, action_button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.theme import Themes

BRUSH_MAX_SHARE = 0.25  # of the picture's width: the slider's end


class MaskPanel:
    """Size and opacity; invert, clear, load, save."""

    title = "Mask"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._brush_max = 0.0

    def build(self) -> None:
        """Adds the widgets."""
        keys = self._themes.keys
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("brush radius", self._themes.dim)
            radius = dpg.add_slider_float(
                width=-1,
                min_value=0.5,
                max_value=32,
                format="%.1f px",
                callback=lambda _sender, value: self._emit(events.SetBrushRadius(float(value))),
            )
        tooltip(
            radius,
            f"How large the brush is, in pixels of the picture{keys.hint('smaller_brush', 'larger_brush')}. "
            "Ctrl + wheel changes it too",
        )
        self._radius = Shown(radius)
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("shown", self._themes.dim)
            opacity = dpg.add_slider_float(
                width=-1,
                min_value=0,
                max_value=1,
                format="%.2f",
                callback=lambda _sender, value: self._emit(events.SetMaskOpacity(float(value))),
            )
        tooltip(opacity, "How strongly the mask covers the picture (opacity); changes nothing of the drag")
        self._opacity = Shown(opacity)
        with inside(dpg.group(horizontal=True)):
            for action_id, label in (
                ("invert_mask", "Invert"),
                ("clear_mask", "Clear"),
                ("load_mask", "Load"),
                ("save_mask", "Save"),
            ):
                action_button(action_id, label, self._emit, self._themes)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        largest = max(4.0, state.picture_size[0] * BRUSH_MAX_SHARE)
        if largest != self._brush_max:
            self._brush_max = largest
            dpg.configure_item(self._radius.tag, max_value=largest)
        self._radius.set(state.brush_radius_px)
        self._opacity.set(state.mask_opacity)
