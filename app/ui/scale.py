"""`px`: lengths of the layout are written for 100 % and grow with the text that is bound at the moment."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

TEXT_SIZE_PX = 16  # at 100 %


def px(length: float) -> int:
    """Screen px of a length at 100 %. Measured by the font, so that no widget needs to be told the scale."""
    size = dpg.get_text_size("M")
    height = float(size[1]) if size else TEXT_SIZE_PX
    return round(length * height / TEXT_SIZE_PX)


def text_width(text: str) -> int:
    """Screen px of one line in the window's font."""
    size = dpg.get_text_size(text)
    return round(size[0]) if size else round(len(text) * TEXT_SIZE_PX / 2)


def shortened(text: str, width: int) -> str:
    """The text, or as much of it as fits into so many screen px, with dots where it goes on; none where not
    even those do."""
    if text_width(text) <= width:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if text_width(f"{text[:middle].rstrip()}...") <= width:
            fits = middle
        else:
            too_long = middle
    left = f"{text[:fits].rstrip()}..."
    return left if fits or text_width(left) <= width else ""
