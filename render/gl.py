"""Which OpenGL this process speaks: its platform, the context's description and version, its errors."""

import importlib
import os
import sys
from dataclasses import dataclass
from typing import Any, Literal

from render import gl_api as gl
from render.errors import GlError

Platform = Literal["glx", "egl"]
MINIMUM_VERSION = (3, 3)


@dataclass(frozen=True)
class ContextDescription:
    """What the driver says of the current context."""

    vendor: str
    renderer: str
    version: str

    def __str__(self) -> str:
        return f"{self.renderer} ({self.vendor}), OpenGL {self.version}"


def select_platform(platform: Platform) -> None:
    """Choose how PyOpenGL finds the current context. Call it before anything of render/ touches GL.

    "glx" for the window (Dear PyGui carries an X11 GLFW, also on Wayland), "egl" for off-screen contexts.

    Raises:
        GlError: OpenGL is loaded already, for the other platform; one process can only speak one.
    """
    if "OpenGL.platform" in sys.modules:
        loaded = type(importlib.import_module("OpenGL.platform").PLATFORM).__name__
        if platform not in loaded.lower():
            raise GlError(
                f"OpenGL platform {platform!r}: this process already uses {loaded}; start another process."
            )
        return
    os.environ["PYOPENGL_PLATFORM"] = platform


def describe_context() -> ContextDescription:
    """Vendor, renderer and version of the current context. GlError if none is current."""

    def text(name: Any) -> str:
        value = gl.glGetString(name)
        if not value:
            raise GlError("No OpenGL context is current: open the window or an OffscreenContext first.")
        return bytes(value).decode("utf-8", "replace")

    return ContextDescription(text(gl.GL_VENDOR), text(gl.GL_RENDERER), text(gl.GL_VERSION))


def check_gl_version() -> ContextDescription:
    """The current context's description, or GlError if it is older than OpenGL 3.3."""
    description = describe_context()
    numbers = description.version.split()[0].split(".")
    version = (int(numbers[0]), int(numbers[1]))
    if version < MINIMUM_VERSION:
        raise GlError(
            f"OpenGL {version[0]}.{version[1]} on {description.renderer}: 3.3 or newer is needed; update the "
            "graphics driver, or set LIBGL_ALWAYS_SOFTWARE=1 to draw with Mesa on the CPU."
        )
    return description


def drain_errors() -> tuple[int, ...]:
    """Fetch and clear every pending GL error code. Errors of others (the GUI's) would otherwise be blamed
    on our next call. Returns at most 32: a context that is gone reports errors without end."""
    codes: list[int] = []
    get_error: Any = importlib.import_module("OpenGL.raw.GL.VERSION.GL_1_0").glGetError
    while len(codes) < 32 and (code := int(get_error())) != 0:
        codes.append(code)
    return tuple(codes)
