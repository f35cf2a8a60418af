"""What to draw: a `Scene` of plain frozen values. No GL, no numpy, no behaviour beyond coordinates.

Two coordinate systems meet here. Image pixels: (x, y), origin top left, pixel centres at integers, so a
picture of width W spans -0.5 .. W - 0.5. Output pixels: continuous, origin at the top left *edge* of the
composed output, so the centre of its first pixel is (0.5, 0.5). `View` maps one to the other.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from render.errors import RenderError
from render.overlays import DEFAULT_OVERLAYS, Overlays

Point = tuple[float, float]
Colour = tuple[float, float, float]  # red, green, blue in 0..1, as shown (sRGB)
MarkerState = Literal["idle", "hovered", "selected", "done", "lost"]
BrushMode = Literal["movable", "fixed", "erase"]

MARKER_STATES: tuple[MarkerState, ...] = get_args(MarkerState)
BRUSH_MODES: tuple[BrushMode, ...] = get_args(BrushMode)


@dataclass(frozen=True)
class View:
    """Where the picture lies: output px = offset + scale * (image px + 0.5)."""

    scale: float  # output px per image px
    offset_x: float  # output px of the picture's left edge
    offset_y: float  # output px of the picture's top edge

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise RenderError(f"View scale {self.scale}: give a finite number above 0.")
        if not (math.isfinite(self.offset_x) and math.isfinite(self.offset_y)):
            raise RenderError(f"View offset ({self.offset_x}, {self.offset_y}): give finite numbers.")

    def to_output(self, point: Point) -> Point:
        """Image px -> output px."""
        return (
            self.offset_x + self.scale * (point[0] + 0.5),
            self.offset_y + self.scale * (point[1] + 0.5),
        )

    def to_image(self, point: Point) -> Point:
        """Output px -> image px."""
        return (
            (point[0] - self.offset_x) / self.scale - 0.5,
            (point[1] - self.offset_y) / self.scale - 0.5,
        )

    def picture_rect(self, image_size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The picture's edges (x0, y0, x1, y1) in output px, for an image of (width, height)."""
        return (
            self.offset_x,
            self.offset_y,
            self.offset_x + self.scale * image_size[0],
            self.offset_y + self.scale * image_size[1],
        )


@dataclass(frozen=True)
class DragMarker:
    """One handle point with its target point, in image px, either of them anywhere (also off the picture)."""

    handle: Point
    target: Point
    colour: Colour
    state: MarkerState = "idle"

    def __post_init__(self) -> None:
        if self.state not in MARKER_STATES:
            raise RenderError(f"Marker state {self.state!r}: give one of {', '.join(MARKER_STATES)}.")


@dataclass(frozen=True)
class Brush:
    """The mask brush: exactly the disc that a stroke at (x, y) would paint."""

    x: float  # image px
    y: float  # image px
    radius_px: float  # image px
    mode: BrushMode = "movable"

    def __post_init__(self) -> None:
        if self.mode not in BRUSH_MODES:
            raise RenderError(f"Brush mode {self.mode!r}: give one of {', '.join(BRUSH_MODES)}.")


@dataclass(frozen=True)
class Warp:
    """The picture is pulled along: what lies at `from_px` is shown at `to_px`, fading out over `radius_px`.

    Image px. Hides the time that a generated picture takes; see `render.warp_field` for its limits.
    """

    from_px: Point
    to_px: Point
    radius_px: float  # around to_px; beyond it nothing changes

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (*self.from_px, *self.to_px)):
            raise RenderError(f"Warp from {self.from_px} to {self.to_px}: give finite image px.")
        if not (math.isfinite(self.radius_px) and self.radius_px > 0):
            raise RenderError(f"Warp radius {self.radius_px}: give a finite number of image px above 0.")


@dataclass(frozen=True)
class Trail:
    """The way that a handle has come, oldest point first. Image px."""

    points: tuple[Point, ...]
    colour: Colour


@dataclass(frozen=True)
class Scene:
    """Everything that one composed output shows, besides the picture and the mask themselves."""

    size: tuple[int, int]  # (width, height) of the output in px
    view: View
    markers: tuple[DragMarker, ...] = ()
    show_markers: bool = True  # False: no handles, targets, arrows, paths and radii, whatever `overlays` says
    mask_opacity: float = 0.6  # 0 = mask hidden, 1 = strongest tint
    brush: Brush | None = None
    background: Colour = (0.094, 0.098, 0.110)
    marker_scale: float = 1.0  # markers keep their size on screen; this multiplies it (high-density displays)
    # The image's (width, height) that the view and the markers speak of; None = the picture's own. Set it
    # when a smaller preview of the image is shown: the picture is then stretched over the image's
    # rectangle.
    image_size: tuple[int, int] | None = None
    warps: tuple[Warp, ...] = ()  # empty = exactly the picture
    overlays: Overlays = DEFAULT_OVERLAYS
    trails: tuple[Trail, ...] = ()
    radii_px: tuple[float, float] | None = None  # r1 and r2 around every handle, image px

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise RenderError(f"Scene size {self.size[0]}x{self.size[1]}: give at least 1x1 px.")

    @property
    def still_key(self) -> tuple[object, ...]:
        """Two scenes with equal keys show the same background, picture and mask; markers may differ."""
        return (*self.unwarped_key, self.warps)

    @property
    def unwarped_key(self) -> tuple[object, ...]:
        """`still_key` without the warps."""
        return (
            *(self.size, self.view, self.image_size, self.mask_opacity, self.background),
            *self.overlays.still_key,
        )

    @property
    def alone(self) -> "Scene":
        """The same picture in the same place, with nothing over it."""
        return replace(self, show_markers=False, mask_opacity=0.0, brush=None, overlays=Overlays.none())
