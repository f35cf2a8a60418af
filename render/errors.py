"""The errors that render/ raises for a person to read: what was given, what is allowed, what to do."""


class RenderError(Exception):
    """Something cannot be drawn; the text is one clear line, printed without a traceback."""


class GlError(RenderError):
    """OpenGL is missing, too old, or refused a call."""


class InteropError(RenderError):
    """CUDA and OpenGL cannot share memory, here or no longer. The picture itself may be fine: it can go
    through host memory."""
