"""Resamples the picture along x into an intermediate texture; the table's "resample" pass then does y.

Two runs of 4 texel reads are cheaper than one of 16, above all on a software rasteriser, and the first run touches only
as many rows as the small picture has.
"""

import math

from render import gl_api as GL
from render.framebuffer import Framebuffer
from render.passes import FloatRect
from render.shader_program import ShaderProgram
from render.textures import Texture2D


class RowResampler:
    """Owns the intermediate texture, of the output's width and the picture's height."""

    def __init__(self) -> None:
        self._program = ShaderProgram("rect.vert", "resample.frag")
        self._vertex_array = int(GL.glGenVertexArrays(1))
        self.texture = Texture2D.create(1, 1)
        self._framebuffer = Framebuffer(self.texture)

    def draw(self, picture: Texture2D, picture_rect: FloatRect, output_width: int) -> None:
        """Fill `texture`: its x is the output's x, its row i is the picture's row i. Binds its own framebuffer."""
        if self.texture.size != (output_width, picture.height):
            self.texture.resize(output_width, picture.height)
            self._framebuffer.attach()
        self._framebuffer.bind()
        x0, _, x1, _ = picture_rect
        self._program.use()
        picture.bind(0)
        self._program.set("u_source", 0)
        self._program.set("u_axis", 0)
        self._program.set("u_scale", (x1 - x0) / picture.width)
        self._program.set("u_offset", x0)
        self._program.set("u_output_size", self.texture.size)
        # Whole columns: the edge itself is cut by the second pass.
        self._program.set("u_rect", (math.floor(x0), 0.0, math.ceil(x1), float(picture.height)))
        GL.glDisable(GL.GL_BLEND)
        GL.glBindVertexArray(self._vertex_array)
        GL.glDrawArrays(GL.GL_TRIANGLE_STRIP, 0, 4)
        GL.glBindVertexArray(0)

    def close(self) -> None:
        """Delete everything it owns."""
        self._program.close()
        self._framebuffer.close()
        self.texture.close()
        if self._vertex_array:
            GL.glDeleteVertexArrays(1, [self._vertex_array])
        self._vertex_array = 0
