"""Finds the GL name of a texture that a GUI library made and keeps to itself.

Dear PyGui tells nobody the GL name of its textures. So the window adds a static 2x2 texture with random
texels, renders one frame (the texture is created inside it), and asks here which name holds exactly these
texels.
"""

from render import gl_api as gl
from render.errors import GlError

SENTINEL_SIZE = (2, 2)
_SCAN_LIMIT = 4096


def find_texture_name(sentinel_rgba_2x2: bytes) -> int:
    """The name of the 2x2 texture that holds these texels.

    The texture made last is usually still bound, so the current binding is tried first, then names from 1 on.

    Args:
        sentinel_rgba_2x2: 16 bytes, RGBA8, row 0 first.

    Raises:
        GlError: no texture holds them.
    """
    if len(sentinel_rgba_2x2) != 16:
        raise GlError(f"Sentinel of {len(sentinel_rgba_2x2)} bytes: give 16 (2x2 texels of RGBA8).")
    bound = int(gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D))
    pack_alignment = int(gl.glGetIntegerv(gl.GL_PACK_ALIGNMENT))
    try:
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 1)
        for name in (bound, *range(1, _SCAN_LIMIT)):
            if _holds(name, sentinel_rgba_2x2):
                return name
    finally:
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, pack_alignment)
        gl.glBindTexture(gl.GL_TEXTURE_2D, bound)
    raise GlError(
        f"The window's texture was not found among {_SCAN_LIMIT} GL textures: "
        "start with the host display instead."
    )


def _holds(name: int, sentinel: bytes) -> bool:
    if name == 0 or not gl.glIsTexture(name):
        return False
    if int(gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D)) != name:
        # A name that was made for another target (a cube map, an array) refuses this binding.
        try:
            gl.glBindTexture(gl.GL_TEXTURE_2D, name)
        except gl.GLError:
            return False
        if int(gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D)) != name:
            return False
    size = tuple(
        int(gl.glGetTexLevelParameteriv(gl.GL_TEXTURE_2D, 0, parameter))
        for parameter in (gl.GL_TEXTURE_WIDTH, gl.GL_TEXTURE_HEIGHT)
    )
    if size != SENTINEL_SIZE:
        return False
    return bytes(gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE)) == sentinel
