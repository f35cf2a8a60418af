"""The warped picture in numpy, for the host compositor and as the oracle of shaders/warp.frag."""

import numpy as np

from render.compositor import Picture, Rect
from render.scene import Warp
from render.warp_field import Array, WarpField


def warped(
    picture: Picture, warps: tuple[Warp, ...], image_size: tuple[int, int] | None
) -> tuple[Picture, Rect] | None:
    """The picture pulled along by the warps, a copy, and the texels (x0, y0, x1, y1) that differ in it.

    Catmull-Rom reads, border repeated. None where no warp reaches the picture.

    Args:
        picture: uint8 (H, W, 3); may be a smaller preview of the image.
        warps: in px of the image.
        image_size: its (width, height); None = the picture's own.
    """
    height, width = picture.shape[:2]
    image_width, image_height = image_size or (width, height)
    scale_x, scale_y = width / image_width, height / image_height  # texels per image px
    field = WarpField.of(warps)
    box = field.texel_box((scale_x, scale_y), (width, height))
    if box is None:
        return None
    result = picture.copy()
    x0, y0, x1, y1 = box
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float64)  # (h, w) texel centres
    shift_x, shift_y = field.displacement((x + 0.5) / scale_x - 0.5, (y + 0.5) / scale_y - 0.5)
    result[y0:y1, x0:x1] = _catmull_rom(picture, x - shift_x * scale_x, y - shift_y * scale_y)
    return result, box


def _catmull_rom(picture: Picture, x: Array, y: Array) -> Picture:
    """uint8 (H, W, 3) read at texel positions x, y (h, w): (h, w, 3)."""
    height, width = picture.shape[:2]
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    weights_x, weights_y = _weights(x - left), _weights(y - top)  # 4 of (h, w)
    pixels: Picture = picture.reshape(-1, 3)
    columns = [np.clip(left + i - 1, 0, width - 1) for i in range(4)]
    total: Array = np.zeros((*x.shape, 3), np.float32)
    for j in range(4):
        row = np.clip(top + j - 1, 0, height - 1) * width
        for i in range(4):
            weight = (weights_x[i] * weights_y[j]).astype(np.float32)
            total += weight[..., None] * pixels[row + columns[i]]  # (h, w, 3)
    return np.rint(np.clip(total, 0, 255)).astype(np.uint8)


def _weights(t: Array) -> tuple[Array, Array, Array, Array]:
    return (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
