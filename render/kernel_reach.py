"""How far the resampling kernel reaches: which output px depend on which texels of the picture. No GL."""

import math

from render.compositor import Rect


def kernel_reach(scale: float) -> int:
    """How many texels beside its own an output px can depend on, along an axis of `scale` px per texel."""
    return math.ceil(2 / min(scale, 1.0)) + 1


def output_rect(
    box: Rect,
    picture_rect: tuple[float, float, float, float],
    magnification: tuple[float, float],
    output_size: tuple[int, int],
) -> Rect | None:
    """The output px (x0, y0, x1, y1) that depend on a box of texels; None if there are none.

    Args:
        box: x0, y0, x1, y1 in texels of the picture.
        picture_rect: the picture's edges in output px.
        magnification: output px per texel, along x and y.
        output_size: (width, height) in px.
    """
    edges: list[tuple[int, int]] = []
    for axis in (0, 1):
        offset, scale = picture_rect[axis], magnification[axis]
        reach = kernel_reach(scale)
        low = math.floor(offset + (box[axis] - reach) * scale)
        high = math.ceil(offset + (box[axis + 2] + reach) * scale)
        edges.append((max(low, 0), min(high, output_size[axis])))
    (x0, x1), (y0, y1) = edges
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
