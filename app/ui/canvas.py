"""`Canvas`: the item that shows the composed picture, and the hint that lies over it until the first drag."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.ui.containers import inside
from app.ui.display import Display
from app.ui.scale import TEXT_SIZE_PX, px
from app.ui.theme import PLATE, TEXT

HINT = "Press on the picture and pull"
HINT_SIZE_PX = 18


class Canvas:
    """Built inside the current container. Where it is and how large is the layout's business: `resize`."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._left, self._top = 0, 0
        self._width, self._height = 1, 1
        self._image = dpg.add_image(display.texture, width=1, height=1)
        with inside(dpg.viewport_drawlist(front=True)) as self._hint_list:
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

    def resize(self, left: int, top: int, width: int, height: int) -> None:
        """Place in the window and size, px."""
        self._left, self._top = left, top
        self._width, self._height = width, height
        self._display.resize(width, height)
        dpg.configure_item(self._image, texture_tag=self._display.texture, width=width, height=height)
        self._draw_hint()

    def close(self) -> None:
        """The hint lies outside of the container that the rest goes with."""
        dpg.delete_item(self._hint_list)

    def show_hint(self, on: bool) -> None:
        """Shows or hides the hint."""
        if on != self._hint_shown:
            self._hint_shown = on
            dpg.configure_item(self._hint, show=on)

    def _draw_hint(self) -> None:
        dpg.delete_item(self._hint, children_only=True)
        size = dpg.get_text_size(HINT)
        text_width = (size[0] if size else 0.0) * px(HINT_SIZE_PX) / px(TEXT_SIZE_PX)
        middle = self._left + self._width / 2
        bottom = self._top + self._height - px(40)
        half = text_width / 2 + px(22)
        dpg.draw_rectangle(
            (middle - half, bottom - px(40)),
            (middle + half, bottom),
            parent=self._hint,
            color=(255, 255, 255, 30),
            fill=(*PLATE, 225),
            rounding=px(20),
        )
        dpg.draw_text(
            (middle - text_width / 2, bottom - px(20) - px(HINT_SIZE_PX) * 0.55),
            HINT,
            parent=self._hint,
            size=px(HINT_SIZE_PX),
            color=(*TEXT, 255),
        )
