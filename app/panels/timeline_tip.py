"""`TimelineTip`: says over the timeline's track which picture is under the mouse."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.ui.containers import inside
from app.ui.scale import TEXT_SIZE_PX, px, text_width
from app.ui.theme import PLATE, TEXT

# At 100 %.
TEXT_PX = 13
HEIGHT_PX, PADDING_PX = 19, 8
ABOVE_PX = 8  # over the middle of the track: there is room for it below the text and the buttons


class TimelineTip:
    """A plate in front of everything; drawn anew only when what it says or where it stands changes."""

    def __init__(self) -> None:
        with inside(dpg.viewport_drawlist(front=True)) as self._layer:
            self._node = dpg.add_draw_node()
        self._shown: tuple[str, float, float, float, float] | None = None

    def show(self, text: str, x: float, y: float, left: float, right: float) -> None:
        """At x, over y, between `left` and `right`: px of the window."""
        shown = (text, x, y, left, right)
        if shown == self._shown:
            return
        self._clear()
        self._shown = shown
        width = text_width(text) * TEXT_PX / TEXT_SIZE_PX + 2 * px(PADDING_PX)
        start = max(min(x - width / 2, right - width), left)
        bottom = y - px(ABOVE_PX)
        top = bottom - px(HEIGHT_PX)
        dpg.draw_rectangle(
            (start, top),
            (start + width, bottom),
            parent=self._node,
            color=(255, 255, 255, 40),
            fill=(*PLATE, 245),
            rounding=px(HEIGHT_PX) / 2,
        )
        at = (start + px(PADDING_PX), (top + bottom) / 2 - px(TEXT_PX) * 0.55)
        dpg.draw_text(at, text, parent=self._node, size=px(TEXT_PX), color=(*TEXT, 255))

    def hide(self) -> None:
        """Nothing is under the mouse, or the text beside the track says it."""
        if self._shown is not None:
            self._clear()
            self._shown = None

    def close(self) -> None:
        """Takes it out of the window."""
        dpg.delete_item(self._layer)

    def _clear(self) -> None:
        dpg.delete_item(self._node, children_only=True)
