"""`DragScript`: one pull, as the hidden option --scripted-drag names it. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class DragScript:
    """Pull from `start` to `end` (image px) at even speed in `seconds`, and let go."""

    start: Point
    end: Point
    seconds: float

    @classmethod
    def parse(cls, text: str) -> DragScript:
        """'X0,Y0:X1,Y1,SECONDS'. Raises ValueError."""
        start, _, rest = text.partition(":")
        x0, y0 = (float(number) for number in start.split(","))
        x1, y1, seconds = (float(number) for number in rest.split(","))
        return cls((x0, y0), (x1, y1), seconds)
