"""Resamples the picture along x into an intermediate texture; the table's "magnify" or "minify" pass then
does y.

Two runs of 4 texel reads are cheaper than one of 16, above all on a software rasteriser, and the first run
touches only as many rows as the small picture has.
"""

import math

from render import gl_api as gl
from render.compositor import Rect
from render.frame_pass import FloatRect, resample_uniforms
from render.framebuffer import Framebuffer
from render.kernel_reach import kernel_reach
from render.shader_program import ShaderProgram
from render.textures import Texture2D


class RowResampler:
    """Owns the intermediate texture, of the output's width and the picture's height."""

    def __init__(self) -> None:
        self._magnify = ShaderProgram("rect.vert", "magnify.frag")
        self._minify = ShaderProgram("rect.vert", "minify.frag")
        self._vertex_array = int(gl.glGenVertexArrays(1))
        self.texture = Texture2D.create(1, 1)
        self._framebuffer = Framebuffer(self.texture)

    def draw(
        self,
        picture: Texture2D,
        picture_rect: FloatRect,
        output_width: int,
        part: Rect | None = None,
    ) -> None:
        """Fill `texture`: its x is the output's x, its row i is the picture's row i.

        part: only where these texels are seen; those up to twice `kernel_reach` beside them are read too.
        """
        if self.texture.size != (output_width, picture.height):
            self.texture.resize(output_width, picture.height)
            self._framebuffer.attach()
        self._framebuffer.bind()
        x0, _, x1, _ = picture_rect
        scale = (x1 - x0) / picture.width
        first, last, top, bottom = x0, x1, 0, picture.height
        if part is not None:
            reach = kernel_reach(scale)
            first = max(x0 + (part[0] - reach) * scale, x0)
            last = min(x0 + (part[2] + reach) * scale, x1)
            top, bottom = part[1], part[3]
        program = self._magnify if scale >= 1 else self._minify
        program.use()
        picture.bind(0)
        program.set("u_source", 0)
        program.set("u_opacity", 1.0)
        for name, value in resample_uniforms(0, scale, x0).items():
            program.set(name, value)
        program.set("u_output_size", self.texture.size)
        # Whole columns: the edge itself is cut by the second pass.
        program.set("u_rect", (math.floor(first), float(top), math.ceil(last), float(bottom)))
        gl.glDisable(gl.GL_BLEND)
        gl.glBindVertexArray(self._vertex_array)
        gl.glDrawArrays(gl.GL_TRIANGLE_STRIP, 0, 4)
        gl.glBindVertexArray(0)

    def close(self) -> None:
        """Delete everything it owns."""
        self._magnify.close()
        self._minify.close()
        self._framebuffer.close()
        self.texture.close()
        if self._vertex_array:
            gl.glDeleteVertexArrays(1, [self._vertex_array])
        self._vertex_array = 0
