"""What the desktop says about its screen: how large its texts are and how large it is. Asked once."""

from __future__ import annotations

import ctypes
import os
import re
from dataclasses import dataclass

from app.settings import MAX_SCALE, MIN_SCALE

USUAL_DPI = 96.0


@dataclass(frozen=True)
class Screen:
    """scale: of texts and controls, 1 = 96 dpi. size: px, None = not known."""

    scale: float = 1.0
    size: tuple[int, int] | None = None


def ask_screen() -> Screen:
    """GDK_SCALE or QT_SCALE_FACTOR where one is set, else the X server's Xft.dpi, else 1."""
    resources, size = _ask_x()
    return Screen(_scale_of(resources), size)


def _scale_of(resources: str) -> float:
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        try:
            return _allowed(float(os.environ.get(name, "")))
        except ValueError:
            continue
    found = re.search(r"^Xft\.dpi:\s*([0-9.]+)\s*$", resources, re.MULTILINE)
    try:
        return _allowed(float(found[1]) / USUAL_DPI) if found else 1.0
    except ValueError:
        return 1.0


def _allowed(scale: float) -> float:
    if not scale > 0:
        return 1.0
    return min(max(round(scale, 2), MIN_SCALE), MAX_SCALE)


def _ask_x() -> tuple[str, tuple[int, int] | None]:
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return "", None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XResourceManagerString.restype = ctypes.c_char_p
    for function in (x11.XCloseDisplay, x11.XResourceManagerString, x11.XDefaultScreen):
        function.argtypes = [ctypes.c_void_p]
    for function in (x11.XDisplayWidth, x11.XDisplayHeight):
        function.argtypes = [ctypes.c_void_p, ctypes.c_int]
    display = x11.XOpenDisplay(None)
    if not display:
        return "", None
    try:
        resources = (x11.XResourceManagerString(display) or b"").decode("utf-8", "replace")
        screen = x11.XDefaultScreen(display)
        return resources, (x11.XDisplayWidth(display, screen), x11.XDisplayHeight(display, screen))
    finally:
        x11.XCloseDisplay(display)
