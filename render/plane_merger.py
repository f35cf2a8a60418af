"""`PlaneMerger`: turns a picture of three stacked planes into the RGBA8 texture that the passes read."""

from render import gl_api as gl
from render.framebuffer import Framebuffer
from render.gl_state import enter_draw_state, restore_host_state
from render.shader_program import ShaderProgram
from render.textures import Texture2D


class PlaneMerger:
    """Owns the merged texture. Merged once per picture, so that no pass has to know of planes, and a frame
    without a new picture costs nothing. RGBA8: GL does not promise that RGB8 can be drawn to."""

    def __init__(self) -> None:
        self._program = ShaderProgram("rect.vert", "planar.frag")
        self._vertex_array = int(gl.glGenVertexArrays(1))
        self.texture = Texture2D.create(1, 1)
        self._framebuffer = Framebuffer(self.texture)
        restore_host_state()

    def merge(self, planes: Texture2D) -> Texture2D:
        """The picture of `planes` (W x 3H texels of -1..1) as RGBA8, W x H. The same texture every time."""
        width, height = planes.width, planes.height // 3
        try:
            enter_draw_state()
            if self.texture.size != (width, height):
                self.texture.resize(width, height)
                self._framebuffer.attach()
            self._framebuffer.bind()
            self._program.use()
            planes.bind(0)
            self._program.set("u_planes", 0)
            self._program.set("u_plane_height", float(height))
            self._program.set("u_output_size", self.texture.size)
            self._program.set("u_rect", (0.0, 0.0, float(width), float(height)))
            gl.glDisable(gl.GL_BLEND)
            gl.glBindVertexArray(self._vertex_array)
            gl.glDrawArrays(gl.GL_TRIANGLE_STRIP, 0, 4)
            gl.glBindVertexArray(0)
        finally:
            restore_host_state()
        return self.texture

    def close(self) -> None:
        """Delete everything it owns."""
        self._program.close()
        self._framebuffer.close()
        self.texture.close()
        if self._vertex_array:
            gl.glDeleteVertexArrays(1, [self._vertex_array])
        self._vertex_array = 0
