"""The GL state that the window's own drawing relies on, and the state that our passes rely on.

Dear PyGui draws between our frames in the same context. It sets program, vertex array, textures, viewport
and blending itself, but not what is listed in `restore_host_state`: a leak there spoils its text and
widgets.
"""

from render import gl_api as gl


def restore_host_state() -> None:
    """Put back what the GUI's drawing takes for granted. Call it before the GUI renders a frame."""
    gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, 0)
    gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)
    for parameter in (gl.GL_UNPACK_ROW_LENGTH, gl.GL_UNPACK_SKIP_PIXELS, gl.GL_UNPACK_SKIP_ROWS):
        gl.glPixelStorei(parameter, 0)
    gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 4)
    _reset_fragment_operations()
    if _default_framebuffer_exists():
        gl.glDrawBuffer(gl.GL_BACK)


def enter_draw_state() -> None:
    """Set what every pass relies on, whatever the GUI left behind."""
    _reset_fragment_operations()
    gl.glDisable(gl.GL_DEPTH_TEST)
    gl.glDisable(gl.GL_STENCIL_TEST)
    gl.glDisable(gl.GL_CULL_FACE)
    gl.glPolygonMode(gl.GL_FRONT_AND_BACK, gl.GL_FILL)
    gl.glBlendEquation(gl.GL_FUNC_ADD)
    # The output stays opaque: passes blend colour and leave the alpha that the clear wrote.
    gl.glBlendFuncSeparate(gl.GL_SRC_ALPHA, gl.GL_ONE_MINUS_SRC_ALPHA, gl.GL_ZERO, gl.GL_ONE)


def limit_drawing(*rects: tuple[int, int, int, int] | None) -> None:
    """Draw only in the smallest rectangle that holds these (x0, y0, x1, y1 in output px, at least 0), until
    the scissor is switched off; None holds nothing."""
    given = [rect for rect in rects if rect is not None]
    gl.glEnable(gl.GL_SCISSOR_TEST)
    x0, y0 = (min((rect[i] for rect in given), default=0) for i in (0, 1))
    x1, y1 = (max((rect[i] for rect in given), default=0) for i in (2, 3))
    gl.glScissor(x0, y0, x1 - x0, y1 - y0)


def _reset_fragment_operations() -> None:
    gl.glColorMask(True, True, True, True)
    gl.glDisable(gl.GL_SCISSOR_TEST)
    gl.glDisable(gl.GL_FRAMEBUFFER_SRGB)
    gl.glDisable(gl.GL_RASTERIZER_DISCARD)
    gl.glDisable(gl.GL_COLOR_LOGIC_OP)


def _default_framebuffer_exists() -> bool:
    """False in a surfaceless context, where selecting a buffer of framebuffer 0 would be an error."""
    return int(gl.glCheckFramebufferStatus(gl.GL_DRAW_FRAMEBUFFER)) == int(gl.GL_FRAMEBUFFER_COMPLETE)
