"""The GL state that the window's own drawing relies on, and the state that our passes rely on.

Dear PyGui draws between our frames in the same context. It sets program, vertex array, textures, viewport and blending
itself, but not what is listed in `restore_host_state`: a leak there spoils its text and widgets.
"""

from render import gl_api as GL


def restore_host_state() -> None:
    """Put back everything that the GUI's drawing takes for granted. Call it before the GUI renders a frame."""
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, 0)
    GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, 0)
    for parameter in (GL.GL_UNPACK_ROW_LENGTH, GL.GL_UNPACK_SKIP_PIXELS, GL.GL_UNPACK_SKIP_ROWS):
        GL.glPixelStorei(parameter, 0)
    GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
    _reset_fragment_operations()
    if _default_framebuffer_exists():
        GL.glDrawBuffer(GL.GL_BACK)


def enter_draw_state() -> None:
    """Set what every pass relies on, whatever the GUI left behind."""
    _reset_fragment_operations()
    GL.glDisable(GL.GL_DEPTH_TEST)
    GL.glDisable(GL.GL_STENCIL_TEST)
    GL.glDisable(GL.GL_CULL_FACE)
    GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_FILL)
    GL.glBlendEquation(GL.GL_FUNC_ADD)
    # The output stays opaque: passes blend colour and leave the alpha that the clear wrote.
    GL.glBlendFuncSeparate(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ZERO, GL.GL_ONE)


def _reset_fragment_operations() -> None:
    GL.glColorMask(True, True, True, True)
    GL.glDisable(GL.GL_SCISSOR_TEST)
    GL.glDisable(GL.GL_FRAMEBUFFER_SRGB)
    GL.glDisable(GL.GL_RASTERIZER_DISCARD)
    GL.glDisable(GL.GL_COLOR_LOGIC_OP)


def _default_framebuffer_exists() -> bool:
    """False in a surfaceless context, where selecting a buffer of framebuffer 0 would be an error."""
    return int(GL.glCheckFramebufferStatus(GL.GL_DRAW_FRAMEBUFFER)) == int(GL.GL_FRAMEBUFFER_COMPLETE)
