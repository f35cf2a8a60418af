"""Whether a window can be opened here: asked first, because Dear PyGui aborts the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import sys


def why_no_window() -> str | None:
    """One line about why there can be no window, or None where there can be one.

    On Linux Dear PyGui speaks X11 (Wayland desktops offer it too) and draws with OpenGL through GLX. Where
    there can be one, the connection that was asked stays open: an X server without other programs begins anew
    when its last connection ends, and the window's may come while it does.
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
    why = None
    if not gl.glXQueryExtension(display, None, None):
        why = f"the X server of DISPLAY '{name}' has no OpenGL (GLX); start one that has it"
    elif not _can_make_context(x11, gl, display):
        why = (
            f"OpenGL does not work on DISPLAY '{name}'; install its driver (libgl1-mesa-dri has one "
            "that needs no GPU)"
        )
    if why is not None:
        x11.XCloseDisplay(display)
    return why


_ErrorHandler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_GLX_RGBA, _GLX_DOUBLEBUFFER = 4, 5


def _can_make_context(x11: ctypes.CDLL, gl: ctypes.CDLL, display: int) -> bool:
    """Makes an OpenGL context and throws it away: a driver that cannot be loaded shows only then."""
    gl.glXChooseVisual.restype = gl.glXCreateContext.restype = ctypes.c_void_p
    gl.glXChooseVisual.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    gl.glXCreateContext.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    gl.glXDestroyContext.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    x11.XDefaultScreen.argtypes = x11.XFree.argtypes = [ctypes.c_void_p]
    x11.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
    x11.XSetErrorHandler.restype = ctypes.c_void_p
    x11.XSetErrorHandler.argtypes = [ctypes.c_void_p]
    failures: list[int] = []

    def note(_display: int, _event: int) -> int:
        failures.append(1)
        return 0

    handler = _ErrorHandler(note)  # Xlib's own ends the process
    before = x11.XSetErrorHandler(handler)
    try:
        wanted = (ctypes.c_int * 3)(_GLX_RGBA, _GLX_DOUBLEBUFFER, 0)
        visual = gl.glXChooseVisual(display, x11.XDefaultScreen(display), wanted)
        if not visual:
            return False
        context = gl.glXCreateContext(display, visual, None, 1)
        x11.XSync(display, 0)
        x11.XFree(visual)
        if context:
            gl.glXDestroyContext(display, context)
        return bool(context) and not failures
    finally:
        x11.XSetErrorHandler(before)
