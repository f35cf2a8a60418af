"""The window's font: Inter, shipped in assets/fonts, in the size of the scale."""

from __future__ import annotations

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.errors import UsageError
from app.ui.scale import TEXT_SIZE_PX

FONT_FILE = Path(__file__).resolve().parents[2] / "assets" / "fonts" / "Inter-Regular.otf"


class Fonts:
    """Loads each size once. Raises UsageError where the installation lacks the font."""

    def __init__(self) -> None:
        if not FONT_FILE.exists():
            raise UsageError(f"the font '{FONT_FILE}' is missing; install LiveDrag again")
        self._registry = int(dpg.add_font_registry())
        self._sizes: dict[int, int] = {}

    def bind(self, scale: float) -> None:
        """All texts have this size from the next frame on."""
        size = round(TEXT_SIZE_PX * scale)
        if size not in self._sizes:
            self._sizes[size] = int(dpg.add_font(str(FONT_FILE), size, parent=self._registry))
        dpg.bind_font(self._sizes[size])
