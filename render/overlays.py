"""`Overlays`: which overlays a composition shows, and how strongly. Plain frozen values, part of a `Scene`.

Every strength is an opacity of 0..1; 0 is off, and then nothing is computed, uploaded or drawn for it. The
mask's own is `Scene.mask_opacity`. A recorder chooses what it shows by this value alone.
"""

import math
from dataclasses import dataclass, fields
from typing import Literal, get_args

from render.errors import RenderError

LayerName = Literal["start", "features", "similarity"]  # images beside the picture and the mask
LAYER_NAMES: tuple[LayerName, ...] = get_args(LayerName)


@dataclass(frozen=True)
class Split:
    """The start on the left of a line, the present picture on its right.

    at: the line's place, as a share of the picture's width. is_lit: the mouse is on it.
    """

    at: float = 0.5
    is_lit: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.at <= 1:
            raise RenderError(f"Split at {self.at}: give a share of the picture's width, 0 to 1.")


@dataclass(frozen=True)
class Overlays:
    """Opacities. What is shown comes from the scene (markers, trails, radii_px) or, for features, similarity,
    difference and start, from the compositor's layers (`Compositor.set_layer`)."""

    handles: float = 1.0  # handle points and target points
    arrows: float = 1.0
    paths: float = 0.0  # the way that each handle has come
    radii: float = 0.0  # r1 and r2 around each handle
    features: float = 0.0
    similarity: float = 0.0
    difference: float = 0.0  # to the start
    start: float = 0.0  # the start in the place of the picture: left of the split, or all over
    split: Split | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "split" and not (math.isfinite(value) and 0 <= value <= 1):
                raise RenderError(f"Overlay {item.name} has opacity {value}: give 0 (off) to 1.")

    @classmethod
    def none(cls) -> "Overlays":
        """Nothing but the picture."""
        return cls(handles=0.0, arrows=0.0)

    @property
    def still_key(self) -> tuple[object, ...]:
        """What the still layer depends on."""
        place = None if self.split is None else self.split.at
        return (self.features, self.similarity, self.difference, self.start, place)


DEFAULT_OVERLAYS = Overlays()
