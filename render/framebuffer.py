"""`Framebuffer`: draws into a texture, and reads it back."""

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.errors import GlError
from render.textures import Texture2D


class Framebuffer:
    """A framebuffer object over one colour texture, which it does not own."""

    def __init__(self, texture: Texture2D) -> None:
        self.texture = texture
        self.name = int(gl.glGenFramebuffers(1))
        self.attach()

    def attach(self) -> None:
        """Attach the texture's current storage; call it again after the texture was resized."""
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self.name)
        gl.glFramebufferTexture2D(
            gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_TEXTURE_2D, self.texture.name, 0
        )
        status = int(gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER))
        if status != int(gl.GL_FRAMEBUFFER_COMPLETE):
            raise GlError(
                f"Framebuffer over a {self.texture.format_name} texture of {self.texture.width}x"
                f"{self.texture.height} px is incomplete (status {status:#x}): update the graphics driver."
            )

    def bind(self) -> None:
        """Draw and read here, over the whole texture."""
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self.name)
        gl.glViewport(0, 0, self.texture.width, self.texture.height)

    def read(self) -> NDArray[np.uint8]:
        """The texture's contents as uint8 (h, w, 3), row 0 first."""
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self.name)
        gl.glReadBuffer(gl.GL_COLOR_ATTACHMENT0)
        gl.glBindBuffer(gl.GL_PIXEL_PACK_BUFFER, 0)
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 1)
        width, height = self.texture.size
        pixels = np.empty((height, width, 4), np.uint8)
        gl.glReadPixels(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, pixels)
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 4)
        return np.ascontiguousarray(pixels[:, :, :3])

    def close(self) -> None:
        """Delete the framebuffer object; the texture stays."""
        if self.name:
            gl.glDeleteFramebuffers(1, [self.name])
        self.name = 0
