"""`OffscreenContext`: an OpenGL 3.3 core context without any window or X server, by EGL.

Tries every EGL device (an NVIDIA GPU, a Mesa GPU, Mesa on the CPU) and then Mesa's surfaceless platform.
EGL is called through ctypes: it is a dozen functions, and PyOpenGL's EGL module fails at import where
libEGL is missing, with errors that say nothing to a person.
"""

import ctypes
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from render.errors import GlError
from render.gl import ContextDescription, check_gl_version, select_platform

_EGL_NONE = 0x3038
_EGL_EXTENSIONS = 0x3055
_EGL_OPENGL_API = 0x30A2
_EGL_PLATFORM_DEVICE_EXT = 0x313F
_EGL_PLATFORM_SURFACELESS_MESA = 0x31DD
_CONFIG = (0x3033, 0x0001, 0x3040, 0x0008)  # SURFACE_TYPE PBUFFER, RENDERABLE_TYPE OPENGL
_CONTEXT = (0x3098, 3, 0x30FB, 3, 0x30FD, 1)  # MAJOR_VERSION 3, MINOR_VERSION 3, OPENGL_PROFILE_MASK CORE
_REMEDY = "install Mesa's EGL (apt-get install libegl1 libgl1-mesa-dri), or draw with the host display"


class OffscreenContext:
    """A current GL context with no surface, to be used as a context manager: `with OffscreenContext() as
    context:`.

    Drawing goes to framebuffer objects. Closing it ends the context; objects made in it are gone with it.
    """

    def __init__(self) -> None:
        """Create the context and make it current. GlError with the remedy where EGL cannot."""
        select_platform("egl")
        self._egl = _load_egl()
        self._display: int | None = None
        self._context: int | None = None
        refusals: list[str] = []
        for label, display in _displays(self._egl):
            refusal = self._open(display)
            if refusal is None:
                break
            refusals.append(f"{label}: {refusal}")
        if self._context is None:
            detail = "; ".join(refusals) or "EGL offers no device"
            raise GlError(f"No off-screen OpenGL context ({detail}): {_REMEDY}.")
        self.description: ContextDescription = check_gl_version()

    def make_current(self) -> None:
        """Make this context the calling thread's current one."""
        if not self._egl.eglMakeCurrent(self._display, None, None, self._context):
            raise GlError(
                f"The off-screen context cannot be made current (EGL error {self._egl.eglGetError():#x})."
            )

    def close(self) -> None:
        """End the context. Calling it twice does nothing."""
        if self._context is not None:
            self._egl.eglMakeCurrent(self._display, None, None, None)
            self._egl.eglDestroyContext(self._display, self._context)
            # The display is not terminated: it is the process's, and another context may live on it.
            self._context = None

    def __enter__(self) -> "OffscreenContext":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, display: int) -> str | None:
        """Try one display: None if the context is current now, else why it was refused."""
        egl = self._egl
        if not egl.eglInitialize(display, None, None):
            return f"not initialised (EGL error {egl.eglGetError():#x})"
        config = ctypes.c_void_p()
        count = ctypes.c_int()
        if not egl.eglBindAPI(_EGL_OPENGL_API):
            return "no desktop OpenGL"
        found = egl.eglChooseConfig(
            display, _attributes(_CONFIG), ctypes.byref(config), 1, ctypes.byref(count)
        )
        if not found or count.value == 0:
            return "no OpenGL configuration"
        context = egl.eglCreateContext(display, config, None, _attributes(_CONTEXT))
        if not context:
            return f"no OpenGL 3.3 core context (EGL error {egl.eglGetError():#x})"
        if not egl.eglMakeCurrent(display, None, None, context):
            refusal = f"no context without a surface (EGL error {egl.eglGetError():#x})"
            egl.eglDestroyContext(display, context)
            return refusal
        self._display, self._context = display, context
        return None


def _attributes(values: tuple[int, ...]) -> Any:
    return (ctypes.c_int * (len(values) + 1))(*values, _EGL_NONE)


def _load_egl() -> Any:
    """libEGL with the argument types that ctypes cannot guess."""
    try:
        egl: Any = ctypes.CDLL("libEGL.so.1", mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise GlError(f"No off-screen OpenGL ({error}): {_REMEDY}.") from error
    pointer = ctypes.c_void_p
    for name, result, arguments in (
        ("eglGetProcAddress", pointer, [ctypes.c_char_p]),
        ("eglQueryString", ctypes.c_char_p, [pointer, ctypes.c_int]),
        ("eglGetError", ctypes.c_int, []),
        ("eglInitialize", ctypes.c_uint, [pointer, pointer, pointer]),
        ("eglBindAPI", ctypes.c_uint, [ctypes.c_uint]),
        ("eglChooseConfig", ctypes.c_uint, [pointer, pointer, pointer, ctypes.c_int, pointer]),
        ("eglCreateContext", pointer, [pointer, pointer, pointer, pointer]),
        ("eglMakeCurrent", ctypes.c_uint, [pointer, pointer, pointer, pointer]),
        ("eglDestroyContext", ctypes.c_uint, [pointer, pointer]),
    ):
        function = getattr(egl, name)
        function.restype, function.argtypes = result, arguments
    return egl


def _displays(egl: Any) -> Iterator[tuple[str, int]]:
    """(label, EGLDisplay) of every way to draw without a window, hardware first as EGL lists it."""
    extensions = (egl.eglQueryString(None, _EGL_EXTENSIONS) or b"").decode().split()
    address = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not address or "EGL_EXT_platform_base" not in extensions:
        return
    pointer = ctypes.c_void_p
    get_display = ctypes.CFUNCTYPE(pointer, ctypes.c_uint, pointer, pointer)(address)
    if "EGL_EXT_platform_device" in extensions:
        query_address = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
        if query_address:
            query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, pointer, pointer)(query_address)
            devices = (pointer * 32)()
            count = ctypes.c_int()
            if query(32, devices, ctypes.byref(count)):
                for index in range(count.value):
                    display = get_display(_EGL_PLATFORM_DEVICE_EXT, devices[index], None)
                    if display:
                        yield f"device {index}", display
    if "EGL_MESA_platform_surfaceless" in extensions:
        display = get_display(_EGL_PLATFORM_SURFACELESS_MESA, None, None)
        if display:
            yield "surfaceless", display
