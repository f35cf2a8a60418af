"""Handles: every handle with its distance to the target and the confidence of its tracking."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, button
from app.picture_scene import handle_colour
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

SWATCH_PX = 16


class HandlesPanel:
    """A row for every handle. Rows are made anew only when handles come or go."""

    title = "Handles"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._ids: tuple[int, ...] | None = None
        self._rows: dict[int, tuple[Shown, Shown]] = {}

    def build(self) -> None:
        """Adds the container of the rows."""
        self._container = dpg.add_group()

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        ids = tuple(state.handles)
        if ids != self._ids:
            self._ids = ids
            self._rebuild(ids)
        for view in state.handles.values():
            distance, confidence = self._rows[view.id]
            distance.set(f"{view.distance_px:.1f} px")
            known = view.confidence is not None
            confidence.set(f"{view.confidence:.0%} sure" if known else "")

    def _rebuild(self, ids: tuple[int, ...]) -> None:
        dpg.delete_item(self._container, children_only=True)
        self._rows = {}
        dpg.push_container_stack(self._container)
        if not ids:
            dpg.bind_item_theme(dpg.add_text("None yet"), self._themes.dim)
        for number, handle_id in enumerate(ids, 1):
            self._rows[handle_id] = self._row(number, handle_id)
        dpg.pop_container_stack()

    def _row(self, number: int, handle_id: int) -> tuple[Shown, Shown]:
        red, green, blue = (round(255 * c) for c in handle_colour(handle_id))
        with inside(dpg.table(header_row=False, no_pad_outerX=True, policy=dpg.mvTable_SizingStretchProp)):
            dpg.add_table_column(width_fixed=True, init_width_or_weight=px(22))
            dpg.add_table_column(width_fixed=True, init_width_or_weight=px(24))
            dpg.add_table_column(init_width_or_weight=1.0)
            dpg.add_table_column(init_width_or_weight=1.0)
            dpg.add_table_column(width_fixed=True, init_width_or_weight=px(30))
            with inside(dpg.table_row()):
                with inside(dpg.drawlist(px(SWATCH_PX), px(SWATCH_PX + 12))):
                    dpg.draw_circle(
                        (px(SWATCH_PX) / 2, px(SWATCH_PX / 2 + 5)),
                        px(5),
                        color=(red, green, blue, 255),
                        fill=(red, green, blue, 255),
                    )
                dpg.add_text(str(number))
                distance = dpg.add_text("")
                confidence = dpg.add_text("")
                dpg.bind_item_theme(confidence, self._themes.dim)
                remove = button(
                    "×",
                    lambda: self._emit(events.RemoveHandle(handle_id)),
                    f"Remove point {number} (handle point and its target)",
                    width=26,
                )
                dpg.bind_item_theme(remove, self._themes.quiet)
        return Shown(distance), Shown(confidence)
