"""`PictureWarper`: puts a warped piece of the picture in the place of the still one, before it is drawn.

Only the texels that a warp can reach are computed, at the picture's own resolution, and only their part of
the rows texture is replaced; the "magnify" and "minify" passes then do what they always do. A warp of output
px in a pass of its own was rejected: it reads 16 texels for each of many more px, and skips texels where the
picture is minified.
"""

from render import gl_api as gl
from render.compositor import Rect
from render.frame_pass import Frame
from render.framebuffer import Framebuffer
from render.kernel_reach import kernel_reach, output_rect
from render.row_resampler import RowResampler
from render.shader_program import ShaderProgram
from render.textures import Texture2D
from render.warp_field import WarpField


class PictureWarper:
    """Owns the texture of the warped piece; the rest of that texture is undefined."""

    def __init__(self) -> None:
        self._program = ShaderProgram("rect.vert", "warp.frag")
        self._vertex_array = int(gl.glGenVertexArrays(1))
        self._texture = Texture2D.create(1, 1)
        self._framebuffer = Framebuffer(self._texture)
        self.box: Rect | None = None  # texels that the last draw changed; None = none
        self.output_rect: Rect | None = None  # output px that depend on them

    def draw(self, frame: Frame, rows: RowResampler) -> None:
        """Warp the frame's picture into `rows`, which holds the unwarped one; nothing without warps."""
        self.box = self.output_rect = None
        picture, scene, scale = frame.textures["picture"], frame.scene, frame.magnification
        if not scene.warps:
            return
        image_width, image_height = scene.image_size or picture.size
        texels_per_px = (picture.width / image_width, picture.height / image_height)
        field = WarpField.of(scene.warps)
        box = field.texel_box(texels_per_px, picture.size)
        if box is None:
            return
        # The rows pass reads beside the box; there D is 0 and the texels are copied.
        margin = 2 * kernel_reach(scale[0])
        wide = (max(box[0] - margin, 0), box[1], min(box[2] + margin, picture.width), box[3])
        self._draw_box(picture, field, texels_per_px, wide)
        rows.draw(self._texture, frame.picture_rect, scene.size[0], box)
        self.box, self.output_rect = box, output_rect(box, frame.picture_rect, scale, scene.size)

    def _draw_box(
        self, picture: Texture2D, field: WarpField, texels_per_px: tuple[float, float], box: Rect
    ) -> None:
        if self._texture.size != picture.size:
            self._texture.resize(*picture.size)
            self._framebuffer.attach()
        self._framebuffer.bind()
        self._program.use()
        picture.bind(0)
        warps = [
            value for to, move in zip(field.to, field.moves, strict=True) for value in (*to, *move)
        ]  # x, y, move x, move y of each
        self._program.set("u_picture", 0)
        self._program.set("u_warps", warps)
        self._program.set("u_radii", field.radii.tolist())
        self._program.set("u_count", len(field.radii))
        self._program.set("u_texels_per_px", texels_per_px)
        self._program.set("u_output_size", self._texture.size)
        self._program.set("u_rect", tuple(float(edge) for edge in box))
        gl.glDisable(gl.GL_BLEND)
        gl.glBindVertexArray(self._vertex_array)
        gl.glDrawArrays(gl.GL_TRIANGLE_STRIP, 0, 4)
        gl.glBindVertexArray(0)

    def close(self) -> None:
        """Delete everything it owns."""
        self._program.close()
        self._framebuffer.close()
        self._texture.close()
        if self._vertex_array:
            gl.glDeleteVertexArrays(1, [self._vertex_array])
        self._vertex_array = 0
