"""`HostCompositor`: composes scenes with numpy and Pillow, without any GL.

For video export without a display, for the portable window, and as the independent oracle of the GL passes'
tests.
"""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.compositor import Mask, Picture, Rect
from render.host_layers import FloatRect, MaskLayer, Span, add_shadow, covered, mask_layer, resampled
from render.host_live_layer import add_live_layer
from render.host_overlays import add_maps
from render.host_warp import warped
from render.inputs import (
    check_layer_name,
    check_map,
    check_mask,
    check_picture,
    check_rect,
    check_size,
)
from render.kernel_reach import output_rect
from render.overlay_layout import divider_x
from render.overlays import LayerName
from render.scene import Scene
from render.style import Style

Array = NDArray[np.floating[Any]]

READS_AT_ONCE = 3


class HostCompositor:
    """See `render.compositor.Compositor`."""

    def __init__(self, style: Style | None = None, source: "HostCompositor | None" = None) -> None:
        """`style` None = the standard look. `source`: see `companion`."""
        self.style = style or Style()
        self._source = source or self
        self._content_version = 0  # of picture, mask and layers
        self._drawn_version = 0  # of those in the still layer
        self._reads: deque[Picture] = deque()
        self._picture: Picture | None = None
        self._mask: Mask | None = None
        self._layers: dict[str, NDArray[Any]] = {}  # the start picture and the maps, while there are any
        self._still: Picture = np.zeros((1, 1, 3), np.uint8)  # background, picture and mask, without markers
        self._drawn_still: Scene | None = None
        # Kept while pictures change under it, as in a video: (what it was made for, the layer).
        self._mask_layer: tuple[object, MaskLayer | None] | None = None
        self._output: Picture = np.zeros((1, 1, 3), np.uint8)

    def set_picture(self, picture: object) -> None:
        """Show this picture from the next compose on; see `Compositor.set_picture`."""
        self._picture = check_picture(picture).copy()
        self._content_version += 1

    def set_mask(self, mask: Mask | None, rect: Rect | None = None) -> None:
        """Show this mask from the next compose on; see `Compositor.set_mask`."""
        self._mask_layer = None
        if mask is None:
            self._mask = None
        else:
            mask = check_mask(mask)
            if rect is not None:
                check_rect(rect, mask)
            if rect is None or self._mask is None or self._mask.shape != mask.shape:
                self._mask = mask.copy()
            else:
                x0, y0, x1, y1 = rect
                self._mask[y0:y1, x0:x1] = mask[y0:y1, x0:x1]
        self._content_version += 1

    def set_layer(self, name: LayerName, image: object | None) -> None:
        """Have overlays draw this image; see `Compositor.set_layer`."""
        check_layer_name(name)
        if image is None:
            self._layers.pop(name, None)
        else:
            self._layers[name] = (check_picture if name == "start" else check_map)(image).copy()
        self._content_version += 1

    def compose(self, scene: Scene) -> None:
        """Draw the scene; `read()` returns it."""
        if self._source is not self:
            self._take_over(self._source)
        if self._drawn_version != self._content_version:
            self._drawn_still, self._drawn_version = None, self._content_version
        if self._drawn_still is None or self._drawn_still.unwarped_key != scene.unwarped_key:
            self._draw_still_layer(scene)
            self._drawn_still = scene
        self._output = self._still.copy()
        self._draw_warped(scene)
        split_rect = None
        if self._picture is not None and "start" in self._layers:
            split_rect = _picture_rect(scene, self._picture)
        add_live_layer(self._output, scene, self.style, split_rect)

    def read(self) -> Picture:
        """The composed output as uint8 (h, w, 3), row 0 on top."""
        return self._output.copy()

    def begin_read(self) -> bool:
        """See `Compositor.begin_read`."""
        if len(self._reads) == READS_AT_ONCE:
            return False
        self._reads.append(self.read())
        return True

    def take_read(self) -> Picture | None:
        """See `Compositor.take_read`."""
        return self._reads.popleft() if self._reads else None

    def companion(self) -> "HostCompositor":
        """See `Compositor.companion`."""
        return HostCompositor(self.style, self)

    def resize(self, width: int, height: int) -> None:
        """Change the output's size; it is black until the next compose."""
        check_size(width, height)
        self._output = np.zeros((height, width, 3), np.uint8)
        self._drawn_still = None

    def close(self) -> None:
        """Let go of picture and mask."""
        self._picture = self._mask = self._drawn_still = None
        if self._source is self:
            self._layers.clear()

    def _take_over(self, source: "HostCompositor") -> None:
        """What the source shows now; nothing is copied."""
        if source._mask is not self._mask or source._content_version != self._content_version:
            self._mask_layer = None  # a part of the same array may have been painted
        self._picture, self._mask, self._layers = source._picture, source._mask, source._layers
        self._content_version = source._content_version

    def _draw_still_layer(self, scene: Scene) -> None:
        width, height = scene.size
        self._still = np.empty((height, width, 3), np.uint8)
        self._still[:] = np.rint(np.clip(np.array(scene.background), 0, 1) * 255).astype(np.uint8)
        if self._picture is None:
            return
        rect = _picture_rect(scene, self._picture)
        backdrop = self.style.backdrop
        add_shadow(self._still, rect, backdrop.shadow_px, backdrop.shadow_alpha_on(scene.background))
        columns, rows = covered(rect[0], rect[2], width), covered(rect[1], rect[3], height)
        if columns[0] >= columns[1] or rows[0] >= rows[1]:
            return
        if self._mask is not None and scene.mask_opacity > 0:
            key = (rect, columns, rows, scene.mask_opacity)
            if self._mask_layer is None or self._mask_layer[0] != key:
                opacity = min(scene.mask_opacity, 1.0)
                layer = mask_layer(self._mask, rect, columns, rows, self.style.mask, opacity)
                self._mask_layer = (key, layer)
        self._draw_picture(self._still, scene, self._picture, rect, columns, rows)

    def _draw_picture(
        self, canvas: Picture, scene: Scene, picture: Picture, rect: FloatRect, columns: Span, rows: Span
    ) -> None:
        """A picture with what lies over it, into the output px of columns x rows."""
        part = canvas[slice(*rows), slice(*columns)]
        part[:] = resampled(picture, rect, columns, rows)
        images = self._layers if self._picture is None else {"picture": self._picture, **self._layers}
        add_maps(part, rect, columns, rows, scene.overlays, images, self.style.overlay)
        self._draw_start(canvas, scene, rect, columns, rows)
        if self._mask is not None and scene.mask_opacity > 0 and self._mask_layer is not None:
            layer = self._mask_layer[1]
            if layer is not None:
                layer.part(columns, rows).put_over(canvas)

    def _draw_start(self, canvas: Picture, scene: Scene, rect: FloatRect, columns: Span, rows: Span) -> None:
        """The start picture on the left of the divider."""
        start, opacity = self._layers.get("start"), scene.overlays.start
        last = min(covered(rect[0], divider_x(scene, rect), scene.size[0])[1], columns[1])
        if start is None or opacity <= 0 or last <= columns[0]:
            return
        part = canvas[slice(*rows), columns[0] : last]
        drawn = resampled(start, rect, (columns[0], last), rows)
        part[:] = np.rint(part * (1 - opacity) + drawn.astype(np.float32) * opacity)

    def _draw_warped(self, scene: Scene) -> None:
        """The warped piece of the picture, with what lies over it, over the still layer; nothing without
        warps."""
        pulled = (
            warped(self._picture, scene.warps, scene.image_size)
            if self._picture is not None and scene.warps
            else None
        )
        if pulled is None:
            return
        picture, box = pulled
        height, width = picture.shape[:2]
        rect = _picture_rect(scene, picture)
        magnification = ((rect[2] - rect[0]) / width, (rect[3] - rect[1]) / height)
        seen = output_rect(box, rect, magnification, scene.size)
        if seen is None:
            return
        columns, rows = covered(rect[0], rect[2], seen[2]), covered(rect[1], rect[3], seen[3])
        columns, rows = (max(columns[0], seen[0]), columns[1]), (max(rows[0], seen[1]), rows[1])
        if columns[0] < columns[1] and rows[0] < rows[1]:
            self._draw_picture(self._output, scene, picture, rect, columns, rows)


def _picture_rect(scene: Scene, picture: Picture) -> FloatRect:
    """Where the picture lies, px of the output."""
    height, width = picture.shape[:2]
    return scene.view.picture_rect(scene.image_size or (width, height))
