"""OpenGL.GL by another name, loaded at its first use: `from render import gl_api as gl`.

PyOpenGL decides between GLX and EGL when it is first imported. A plain `from OpenGL import GL` at the top
of a file would take that decision at import time, before `render.gl.select_platform` could be called; it
also has no types.
"""

import importlib
from typing import Any

from render.errors import GlError


def __getattr__(name: str) -> Any:
    # Tools probe modules for names of their own (pytest, copy, inspect); that must not load OpenGL.
    if not name.startswith(("gl", "GL")):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module("OpenGL.GL")
    except (ImportError, AttributeError) as error:
        # PyOpenGL answers AttributeError or ImportError, by platform, when libGL or libEGL is not installed.
        raise GlError(
            f"OpenGL cannot be loaded ({error}): install it, e.g. apt-get install libgl1 libegl1."
        ) from error
    value = getattr(module, name)
    globals()[name] = value  # the next use does not come here
    return value
