"""`RecordingLight`: the red dot and the time over the canvas while one records. Not part of the recording."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px, text_width
from app.ui.theme import PLATE, TEXT

RED = (255, 69, 58)

# At 100 %.
MARGIN_PX = 14
HEIGHT_PX = 30
PADDING_PX = 13  # before the dot and behind the text
DOT_RADIUS_PX = 6
GAP_PX = 8  # between dot and text
TEXT_SIZE_PX = 16


class RecordingLight:
    """Drawn in front of everything at the canvas' top right; blinks once a second."""

    def __init__(self) -> None:
        with inside(dpg.viewport_drawlist(front=True)):
            self._node = dpg.add_draw_node(show=False)
        self._shown: tuple[str, bool, tuple[int, int]] | None = None

    def sync(self, state: AppState, canvas: tuple[int, int, int, int], is_covered: bool) -> None:
        """Shows the state. canvas: its left, top, width and height in the window. is_covered: another window
        may lie there."""
        view = state.recording
        if view is None or is_covered:
            if self._shown is not None:
                self._shown = None
                dpg.configure_item(self._node, show=False)
            return
        text = "saving" if view.finishing else clock_text(view.seconds)
        text += f"   {view.left_out} left out" if view.left_out else ""
        lit = view.finishing or view.seconds % 1.0 < 0.65
        corner = (canvas[0] + canvas[2] - px(MARGIN_PX), canvas[1] + px(MARGIN_PX))
        if (text, lit, corner) != self._shown:
            self._shown = (text, lit, corner)
            self._draw(text, lit, *corner)

    def _draw(self, text: str, lit: bool, right: int, top: int) -> None:
        radius, height = px(DOT_RADIUS_PX), px(HEIGHT_PX)
        text_left = 2 * radius + px(PADDING_PX + GAP_PX)
        left, middle = right - text_left - text_width(text) - px(PADDING_PX), top + height / 2
        dpg.delete_item(self._node, children_only=True)
        dpg.configure_item(self._node, show=True)
        dpg.draw_rectangle(
            (left, top),
            (right, top + height),
            parent=self._node,
            color=(255, 255, 255, 30),
            fill=(*PLATE, 225),
            rounding=height / 2,
        )
        colour = (*RED, 255 if lit else 90)
        dot = (left + px(PADDING_PX) + radius, middle)
        dpg.draw_circle(dot, radius, parent=self._node, color=colour, fill=colour)
        size = px(TEXT_SIZE_PX)
        at = (left + text_left, middle - size * 0.55)
        dpg.draw_text(at, text, parent=self._node, size=size, color=(*TEXT, 255))


def clock_text(seconds: float) -> str:
    """12.3 -> '0:12'."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
