"""`GlCompositor`: composes scenes with OpenGL into a texture, pass by pass.

Two layers. The still layer (shadow, picture, mask) is drawn into a texture of its own and only when
something in it changed; each frame copies it and draws the live layer (arrows, points, brush) over it. Where
only the warps changed, it is drawn again only around them. On a software rasteriser this makes a frame in
which only a marker moved several times cheaper; on a GPU it costs nothing.
"""

from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.compositor import Mask, Picture, Rect
from render.frame_pass import Frame
from render.frame_readback import FrameReadback
from render.framebuffer import Framebuffer
from render.gl_state import enter_draw_state, limit_drawing, restore_host_state
from render.inputs import check_layer_name, check_mask, check_rect, check_size
from render.map_layers import MapLayers
from render.mask_field import grown, mask_field, painted_bounds
from render.overlay_textures import OverlayTextures
from render.overlays import LayerName
from render.pass_drawer import PassDrawer
from render.passes import PASSES
from render.picture_uploader import HostPictureUploader, PictureUploader
from render.picture_warper import PictureWarper
from render.row_resampler import RowResampler
from render.scene import Scene
from render.style import Style
from render.textures import Texture2D


class GlCompositor:
    """See `render.compositor.Compositor`. Needs its GL context current in every call, `close()` included."""

    def __init__(
        self,
        target_texture: Texture2D | None = None,
        uploader: PictureUploader | None = None,
        style: Style | None = None,
        source: "GlCompositor | None" = None,
    ) -> None:
        """Compile the passes; GlError names the file and line that does not compile.

        Args:
            target_texture: draw into this one (it stays the caller's); None = a texture of its own.
            uploader: how pictures reach the GPU; None = from host memory. Closed with the compositor.
            style: the look; None = the standard one.
            source: draws this one's picture, mask and layers, see `companion`; None = its own.
        """
        self.style = style or Style()
        self._owns_target = target_texture is None
        self.target = target_texture or Texture2D.create(1, 1)
        self._source = source or self
        self._uploader = uploader or HostPictureUploader()  # a companion's is its source's
        self._next_uploader: PictureUploader | None = None  # takes over with its first picture
        self._layers = source._layers if source else OverlayTextures(self._uploader)
        self._mask: Texture2D | None = None
        self._drawer = PassDrawer(PASSES)
        self._maps = MapLayers(self._drawer)
        self._rows = RowResampler()
        self._start_rows: RowResampler | None = None  # made when the start is first shown
        self._rows_of: object = None  # what both were made from
        self._start_rows_of: object = None
        self._warper = PictureWarper()
        self._still = Texture2D.create(*self.target.size)
        self._still_framebuffer = Framebuffer(self._still)
        self._target_framebuffer = Framebuffer(self.target)
        self._drawn_still: Scene | None = (
            None  # the scene that the still layer was drawn for; None = draw it again
        )
        self._mask_is_current = False  # the mask texture holds the mask that was set last
        self._mask_bounds: Rect | None = None
        self._content_version = 0  # of picture, mask and layers
        self._drawn_version = 0  # of those in the still layer
        self._readback: FrameReadback | None = None
        restore_host_state()

    def set_picture(self, picture: object) -> None:
        """Show this picture from the next compose on; see `Compositor.set_picture`."""
        if self._next_uploader is None:
            self._uploader.upload(picture)
        else:
            self._next_uploader.upload(picture)
            self._uploader.close()  # only now: until then the picture shown was its own
            self._uploader, self._next_uploader = self._next_uploader, None
        self._layers.note_picture()
        self._content_version += 1

    @property
    def uploader(self) -> PictureUploader:
        """What takes the next picture."""
        return self._next_uploader or self._uploader

    def use_uploader(self, uploader: PictureUploader) -> None:
        """From the next picture on, this takes the pictures; the one shown stays until then. It is closed
        with the compositor."""
        if self._next_uploader is not None:
            self._next_uploader.close()
        self._next_uploader = uploader
        self._layers.use(uploader)

    def set_mask(self, mask: Mask | None, rect: Rect | None = None) -> None:
        """Show this mask from the next compose on; see `Compositor.set_mask`."""
        if mask is None:
            self._mask_bounds = None
            self._mask_is_current = False
            self._content_version += 1
            return
        mask = check_mask(mask)
        height, width = mask.shape
        if rect is not None:
            check_rect(rect, mask)
        if self._mask is None:
            self._mask = Texture2D.create(width, height, "rg8", "linear")
            self._mask_is_current = False
        elif self._mask.size != (width, height):
            self._mask.resize(width, height)
            self._mask_is_current = False
        # A rect says what changed since the last mask: without a last one of this size, all of it did.
        part = grown(rect, mask) if rect is not None and self._mask_is_current else (0, 0, width, height)
        self._mask.upload(mask_field(mask, part), part[0], part[1])
        self._mask_is_current = True
        self._mask_bounds = painted_bounds(mask)
        self._content_version += 1

    def set_layer(self, name: LayerName, image: object | None) -> None:
        """Have overlays draw this image; see `Compositor.set_layer`."""
        check_layer_name(name)
        self._layers.set(name, image)
        self._content_version += 1

    def compose(self, scene: Scene) -> None:
        """Draw the scene into `target`, then leave GL as the window's own drawing expects it."""
        if scene.size != self.target.size:
            self.resize(*scene.size)
        try:
            enter_draw_state()
            frame = self._frame(scene)
            if self._drawn_version != self._source._content_version:
                self._drawn_still = None
                self._drawn_version = self._source._content_version
            if self._drawn_still is None or self._drawn_still.still_key != scene.still_key:
                self._draw_still_layer(frame)
            self._copy_still_layer()
            for item in PASSES:
                if item.layer == "live":
                    self._drawer.draw(item, frame)
        finally:
            restore_host_state()

    def read(self) -> Picture:
        """The composed output as uint8 (h, w, 3), row 0 on top."""
        pixels = self._target_framebuffer.read()
        restore_host_state()
        return pixels

    def begin_read(self) -> bool:
        """See `Compositor.begin_read`."""
        if self._readback is None:
            self._readback = FrameReadback()
        started = self._readback.begin(self._target_framebuffer)
        restore_host_state()
        return started

    def take_read(self) -> NDArray[np.uint8] | None:
        """See `Compositor.take_read`: RGBA."""
        return None if self._readback is None else self._readback.take()

    def companion(self) -> "GlCompositor":
        """See `Compositor.companion`."""
        return GlCompositor(style=self.style, source=self)

    def resize(self, width: int, height: int) -> None:
        """Change the output's size; the target texture keeps its GL name."""
        check_size(width, height)
        if self.target.size != (width, height):
            self.target.resize(width, height)
        self._still.resize(width, height)
        self._target_framebuffer.attach()
        self._still_framebuffer.attach()
        self._drawn_still = None
        restore_host_state()

    def close(self) -> None:
        """Delete every GL object of its own; a target that was given stays."""
        self._target_framebuffer.close()
        self._still_framebuffer.close()
        self._still.close()
        self._rows.close()
        if self._start_rows is not None:
            self._start_rows.close()
        self._maps.close()
        self._warper.close()
        self._drawer.close()
        if self._readback is not None:
            self._readback.close()
        if self._source is self:
            self._layers.close()
            self._uploader.close()
            if self._next_uploader is not None:
                self._next_uploader.close()
        if self._mask is not None:
            self._mask.close()
            self._mask = None
        if self._owns_target:
            self.target.close()

    def _frame(self, scene: Scene) -> Frame:
        source = self._source
        picture = source._uploader.texture
        if picture is None:
            return Frame(scene, self.style, (0.0, 0.0, 0.0, 0.0))
        textures = {"picture": picture, "rows": self._rows.texture}
        if source._mask is not None and source._mask_bounds is not None:
            textures["mask"] = source._mask
        textures |= self._layers.textures
        if self._start_rows is not None:
            textures["start_rows"] = self._start_rows.texture
        rect = scene.view.picture_rect(scene.image_size or picture.size)
        return Frame(scene, self.style, rect, textures, source._mask_bounds, self._layers.plane_counts)

    def _draw_still_layer(self, frame: Frame) -> None:
        scene, drawn = frame.scene, self._drawn_still
        # Only the warps differ from what is there: what the last ones changed, and what these change, is new.
        partly = drawn is not None and drawn.unwarped_key == scene.unwarped_key
        warped_before = self._warper.output_rect
        if "picture" in frame.textures:
            self._fill_rows(frame)
            self._maps.refresh(frame, self._layers.versions)
            if not partly:
                frame = self._fill_start_rows(frame)
        self._still_framebuffer.bind()
        if partly:
            limit_drawing(warped_before, self._warper.output_rect)
        gl.glClearColor(*scene.background, 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        if "picture" in frame.textures:
            for layer, items in groupby(PASSES, lambda item: item.layer):
                if layer == "map":
                    self._maps.draw(tuple(items), frame)
                elif layer == "still":
                    for item in items:
                        self._drawer.draw(item, frame)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        self._drawn_still = scene

    def _fill_rows(self, frame: Frame) -> None:
        """The picture resampled along x. Where the rows have it already, only around the last and the present
        warps."""
        picture, width = frame.textures["picture"], frame.scene.size[0]
        rows_of = (self._layers.versions["picture"], frame.picture_rect, width)
        if rows_of != self._rows_of:
            self._rows.draw(picture, frame.picture_rect, width)
            self._rows_of = rows_of
        elif self._warper.box is not None:
            self._rows.draw(picture, frame.picture_rect, width, self._warper.box)
        self._warper.draw(frame, self._rows)

    def _fill_start_rows(self, frame: Frame) -> Frame:
        """The start picture resampled along x, where it is shown; the frame with it."""
        start = self._layers.start
        if start is None or frame.scene.overlays.start <= 0:
            return frame
        if self._start_rows is None:
            self._start_rows = RowResampler()
        rows_of = (self._layers.versions["start"], frame.picture_rect, frame.scene.size[0])
        if rows_of != self._start_rows_of:
            self._start_rows.draw(start, frame.picture_rect, frame.scene.size[0])
            self._start_rows_of = rows_of
        return replace(frame, textures={**frame.textures, "start_rows": self._start_rows.texture})

    def _copy_still_layer(self) -> None:
        width, height = self.target.size
        self._target_framebuffer.bind()
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self._still_framebuffer.name)
        gl.glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
