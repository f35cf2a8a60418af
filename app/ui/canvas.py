"""`Canvas`: the item that shows the composed picture, and the hint that lies over it until the first drag."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.ui.display import Display
from app.ui.fonts import TEXT_SIZE_PX
from app.ui.theme import TEXT

HINT = "Press on the picture and pull"
HINT_SIZE_PX = 18


class Canvas:
    """Built inside the current container. Its position is fixed by the layout, its size by `resize`."""

    def __init__(self, display: Display, left: int, top: int) -> None:
        self._display = display
        self._left, self._top = left, top
        self._width, self._height = 1, 1
        self._image = dpg.add_image(display.texture, width=1, height=1)
        with dpg.viewport_drawlist(front=True):
            self._hint = dpg.add_draw_node()
        self._hint_shown = True

    @property
    def is_hovered(self) -> bool:
        """Whether the mouse is over the picture area and nothing lies above it."""
        return bool(dpg.is_item_hovered(self._image))

    def to_canvas(self, mouse: tuple[float, float]) -> tuple[float, float]:
        """Window px -> canvas px."""
        left, top = dpg.get_item_rect_min(self._image)
        return mouse[0] - left, mouse[1] - top

    def resize(self, width: int, height: int) -> None:
        """New size, px."""
        self._width, self._height = width, height
        self._display.resize(width, height)
        dpg.configure_item(self._image, texture_tag=self._display.texture, width=width, height=height)
        self._draw_hint()

    def show_hint(self, on: bool) -> None:
        """Shows or hides the hint."""
        if on != self._hint_shown:
            self._hint_shown = on
            dpg.configure_item(self._hint, show=on)

    def _draw_hint(self) -> None:
        dpg.delete_item(self._hint, children_only=True)
        text_width = dpg.get_text_size(HINT)[0] * HINT_SIZE_PX / TEXT_SIZE_PX
        middle = self._left + self._width / 2
        bottom = self._top + self._height - 40
        half = text_width / 2 + 22
        dpg.draw_rectangle(
            (middle - half, bottom - 40),
            (middle + half, bottom),
            parent=self._hint,
            color=(255, 255, 255, 30),
            fill=(20, 21, 26, 225),
            rounding=20,
        )
        dpg.draw_text(
            (middle - text_width / 2, bottom - 20 - HINT_SIZE_PX * 0.55),
            HINT,
            parent=self._hint,
            size=HINT_SIZE_PX,
            color=(*TEXT, 255),
        )
