"""`Viewport`: the one conversion between the canvas on screen and image pixels; zoom, pan and fit.

Canvas positions are whole screen pixels relative to the canvas' top left pixel, as the mouse reports them.
Image positions follow the project's convention: pixel centres at integers, the picture spans -0.5 .. W - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from render.scene import View

FIT_MARGIN_PX = 28.0
MIN_SCALE, MAX_SCALE = 0.05, 64.0


@dataclass(frozen=True)
class Viewport:
    """Where the picture lies on the canvas. scale: canvas px per image px; offset: canvas position of the
    picture's top left corner. fitted: follows the canvas' size until the user zooms or pans.
    """

    canvas_size: tuple[int, int] = (1, 1)
    scale: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0
    fitted: bool = True

    def to_image(self, canvas_x: float, canvas_y: float) -> tuple[float, float]:
        """Canvas px (a mouse position; its pixel's centre is meant) -> image px."""
        return (
            (canvas_x + 0.5 - self.offset_x) / self.scale - 0.5,
            (canvas_y + 0.5 - self.offset_y) / self.scale - 0.5,
        )

    def to_canvas(self, image_x: float, image_y: float) -> tuple[float, float]:
        """Image px -> canvas px; the inverse of `to_image`."""
        return (
            self.offset_x + self.scale * (image_x + 0.5) - 0.5,
            self.offset_y + self.scale * (image_y + 0.5) - 0.5,
        )

    def zoomed(self, factor: float, canvas_x: float, canvas_y: float) -> Viewport:
        """Zooms about a canvas position: the image point under it stays under it."""
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        ratio = scale / self.scale
        x, y = canvas_x + 0.5, canvas_y + 0.5
        return replace(
            self,
            scale=scale,
            offset_x=x - (x - self.offset_x) * ratio,
            offset_y=y - (y - self.offset_y) * ratio,
            fitted=False,
        )

    def panned(self, dx: float, dy: float) -> Viewport:
        """Moves the picture by canvas px."""
        return replace(self, offset_x=self.offset_x + dx, offset_y=self.offset_y + dy, fitted=False)

    def resized(self, canvas_size: tuple[int, int], picture_size: tuple[int, int]) -> Viewport:
        """A new canvas size: fits again if fitted, else keeps what is in the middle in the middle."""
        if self.fitted:
            return Viewport(canvas_size).fit(picture_size)
        dx = (canvas_size[0] - self.canvas_size[0]) / 2
        dy = (canvas_size[1] - self.canvas_size[1]) / 2
        return replace(
            self, canvas_size=canvas_size, offset_x=self.offset_x + dx, offset_y=self.offset_y + dy
        )

    def fit(self, picture_size: tuple[int, int]) -> Viewport:
        """The whole picture (width, height), centred, with a margin; a corner lies on a whole canvas pixel."""
        (width, height), (w, h) = self.canvas_size, picture_size
        room = min((width - 2 * FIT_MARGIN_PX) / w, (height - 2 * FIT_MARGIN_PX) / h)
        scale = min(max(room, MIN_SCALE), MAX_SCALE)
        return Viewport(
            self.canvas_size,
            scale,
            float(round((width - scale * w) / 2)),
            float(round((height - scale * h) / 2)),
        )

    def view(self) -> View:
        """The same numbers in the words of render/."""
        return View(self.scale, self.offset_x, self.offset_y)
