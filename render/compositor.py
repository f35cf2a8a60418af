"""The interface of everything that composes a scene: `GlCompositor` on the GPU, `HostCompositor` without GL.

Both draw the same picture within rounding; tests hold them to it.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from render.overlays import LayerName
from render.scene import Scene

Picture = NDArray[np.uint8]  # (H, W, 3), row 0 on top
Mask = NDArray[np.uint8]  # (H, W): 0 unpainted, 1 movable, 2 fixed
Rect = tuple[int, int, int, int]  # x0, y0, x1, y1 in image px, x1 and y1 exclusive


class Compositor(Protocol):
    """Holds a picture and a mask, and composes scenes over them."""

    def set_picture(self, picture: object) -> None:
        """Show this picture from the next compose on.

        Args:
            picture: uint8 (H, W, 3) numpy array, row 0 on top; or, where the uploader is the CUDA one, a
            `render.device_image.DeviceImage` or bare device array, (3, H, W) in -1..1.

        Raises:
            RenderError: wrong dtype or shape, or an array that lives where this compositor cannot read it.
        """
        ...

    def set_mask(self, mask: Mask | None, rect: Rect | None = None) -> None:
        """Show this mask from the next compose on.

        Args:
            mask: uint8 (H, W) of 0 unpainted, 1 movable, 2 fixed; None = no mask. Any size: it covers the
            picture.
            rect: only this part differs from the mask that was set last (same array shape); None = all of it.

        Raises:
            RenderError: wrong dtype or shape, or a rect that is not inside the mask.
        """
        ...

    def set_layer(self, name: LayerName, image: object | None) -> None:
        """Have overlays draw this image from the next compose on; None = take it away.

        Args:
            name: which.
            image: for "start" the picture at the start of the drag, as `set_picture` takes them. For
            "features" numpy float16 or float32 (3, h, w), principal components with 1 as a strong value, or
            (1, h, w), one channel likewise; for "similarity" (1, h, w) or (h, w) in 0..1. Any size: each
            covers the picture. Where the uploader is the CUDA one, they may be device images, too.

        Raises:
            RenderError: another name, wrong dtype or shape; the last image stays.
        """
        ...

    def compose(self, scene: Scene) -> None:
        """Draw the scene into the output; the output takes the scene's size."""
        ...

    def read(self) -> Picture:
        """The composed output as uint8 (h, w, 3), row 0 on top. Waits for the GPU: not for every frame."""
        ...

    def resize(self, width: int, height: int) -> None:
        """Change the output's size; its contents are undefined until the next compose."""
        ...

    def close(self) -> None:
        """Release what the compositor owns; it cannot be used afterwards."""
        ...
