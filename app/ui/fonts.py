"""The window's font: Inter, shipped in assets/fonts."""

from __future__ import annotations

from importlib.resources import as_file, files

import dearpygui.dearpygui as dpg

from app.errors import UsageError

TEXT_SIZE_PX = 16


def bind_font() -> None:
    """Loads the font and binds it. Raises UsageError where the installation lacks it."""
    with as_file(files("assets") / "fonts" / "Inter-Regular.otf") as path:
        if not path.exists():
            raise UsageError(f"the font {path} is missing; install LiveDrag again")
        with dpg.font_registry():
            font = dpg.add_font(str(path), TEXT_SIZE_PX)
    dpg.bind_font(font)
