"""`px`: lengths of the layout are written for 100 % and grow with the text that is bound at the moment."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

TEXT_SIZE_PX = 16  # at 100 %


def px(length: float) -> int:
    """Screen px of a length at 100 %. Measured by the font, so that no widget needs to be told the scale."""
    size = dpg.get_text_size("M")
    height = float(size[1]) if size else TEXT_SIZE_PX
    return round(length * height / TEXT_SIZE_PX)
