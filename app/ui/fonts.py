"""The window's font: Inter, shipped in assets/fonts."""

from __future__ import annotations

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.errors import UsageError
from app.ui.containers import inside

FONT_FILE = Path(__file__).resolve().parents[2] / "assets" / "fonts" / "Inter-Regular.otf"
TEXT_SIZE_PX = 16


def bind_font() -> None:
    """Loads the font and binds it. Raises UsageError where the installation lacks it."""
    if not FONT_FILE.exists():
        raise UsageError(f"the font '{FONT_FILE}' is missing; install LiveDrag again")
    with inside(dpg.font_registry()):
        font = dpg.add_font(str(FONT_FILE), TEXT_SIZE_PX)
    dpg.bind_font(font)
