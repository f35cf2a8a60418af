"""Whether a window can be opened here: asked first, because Dear PyGui aborts the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import sys


def why_no_window() -> str | None:
    """One line about why there can be no window, or None where there can be one.

    On Linux Dear PyGui speaks X11 (Wayland desktops offer it too) and draws with OpenGL through GLX.
    """
    if not sys.platform.startswith("linux"):
        return None
    name = os.environ.get("DISPLAY")
    if not name:
        return "there is no display: DISPLAY is not set"
    try:
        x11 = ctypes.CDLL("libX11.so.6")
        gl = ctypes.CDLL("libGL.so.1")
    except OSError as error:
        return f"a library for windows is missing ({error}); install libx11-6 and libgl1"
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    gl.glXQueryExtension.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if not display:
        return f"the X server of DISPLAY '{name}' cannot be reached; check DISPLAY and its permissions"
    try:
        if not gl.glXQueryExtension(display, None, None):
            return f"the X server of DISPLAY '{name}' has no OpenGL (GLX); start one that has it"
        return None
    finally:
        x11.XCloseDisplay(display)
