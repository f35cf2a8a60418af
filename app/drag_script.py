"""`DragScript`: one pull, as the hidden option --scripted-drag names it. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class DragScript:
    """Pull from `start` to `end` at even speed in `seconds`, and let go.

    Points are image px; in_shares: shares of the picture's size instead, for any generator.
    """

    start: Point
    end: Point
    seconds: float
    in_shares: bool = False

    def for_picture(self, picture_size: tuple[int, int]) -> DragScript:
        """The same script in px of a picture of (width, height)."""
        if not self.in_shares:
            return self
        width, height = picture_size
        start, end = ((x * width, y * height) for x, y in (self.start, self.end))
        return DragScript(start, end, self.seconds)

    @classmethod
    def parse(cls, text: str) -> DragScript:
        """'X0,Y0:X1,Y1,SECONDS'. Raises ValueError."""
        start, _, rest = text.partition(":")
        x0, y0 = (float(number) for number in start.split(","))
        x1, y1, seconds = (float(number) for number in rest.split(","))
        return cls((x0, y0), (x1, y1), seconds)


# From where the first picture's nose is, further than it can follow, so that the drag runs all the while:
# what a measurement drags when it names nothing else.
DEFAULT_SCRIPT = DragScript((0.5, 0.48), (0.9, 0.4), 4.0, in_shares=True)
