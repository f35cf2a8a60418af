"""`RecordingLight`: the red dot and the time over the canvas while one records. Not part of the recording."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.state import AppState
from app.ui.containers import inside
from app.ui.layout import SIDE_WIDTH_PX, TOOLBAR_HEIGHT_PX

RED = (255, 69, 58)
MARGIN_PX = 14
HEIGHT_PX = 30
DOT_RADIUS_PX = 6
TEXT_SIZE_PX = 16


class RecordingLight:
    """Drawn in front of everything at the canvas' top right; blinks once a second."""

    def __init__(self) -> None:
        with inside(dpg.viewport_drawlist(front=True)):
            self._node = dpg.add_draw_node(show=False)
        self._shown: tuple[str, bool, int] | None = None

    def sync(self, state: AppState, is_covered: bool) -> None:
        """Shows the state; is_covered: another window may lie there."""
        view = state.recording
        if view is None or is_covered:
            if self._shown is not None:
                self._shown = None
                dpg.configure_item(self._node, show=False)
            return
        text = "saving" if view.finishing else clock_text(view.seconds)
        text += f"  -{view.dropped}" if view.dropped else ""
        lit = view.finishing or view.seconds % 1.0 < 0.65
        right = dpg.get_viewport_client_width() - SIDE_WIDTH_PX - MARGIN_PX
        if (text, lit, right) != self._shown:
            self._shown = (text, lit, right)
            self._draw(text, lit, right)

    def _draw(self, text: str, lit: bool, right: int) -> None:
        size = dpg.get_text_size(text)
        width = (size[0] if size else 60.0) + 46
        top = TOOLBAR_HEIGHT_PX + MARGIN_PX
        middle = top + HEIGHT_PX / 2
        dpg.delete_item(self._node, children_only=True)
        dpg.configure_item(self._node, show=True)
        dpg.draw_rectangle(
            (right - width, top),
            (right, top + HEIGHT_PX),
            parent=self._node,
            color=(255, 255, 255, 30),
            fill=(20, 21, 26, 225),
            rounding=HEIGHT_PX / 2,
        )
        colour = (*RED, 255 if lit else 90)
        dot = (right - width + 19, middle)
        dpg.draw_circle(dot, DOT_RADIUS_PX, parent=self._node, color=colour, fill=colour)
        dpg.draw_text(
            (right - width + 33, middle - TEXT_SIZE_PX * 0.55),
            text,
            parent=self._node,
            size=TEXT_SIZE_PX,
            color=(228, 230, 235, 255),
        )


def clock_text(seconds: float) -> str:
    """12.3 -> '0:12'."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
