"""What overlays have the worker make beside the picture (`MapRequest`), and what it made (`MadeLayer`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from render.overlays import LayerName


@dataclass(frozen=True)
class FeatureChoice:
    """block: its resolution, None = the drag's. channel: None = three principal components."""

    block: int | None = None
    channel: int | None = None


@dataclass(frozen=True)
class MapRequest:
    """What the overlays need beside the picture. start: the start's picture. similarity_of: a handle's id."""

    start: bool = False
    features: FeatureChoice | None = None
    similarity_of: int | None = None

    @property
    def names(self) -> tuple[LayerName, ...]:
        """The layers that are needed."""
        needed: dict[LayerName, bool] = {
            "start": self.start,
            "features": self.features is not None,
            "similarity": self.similarity_of is not None,
        }
        return tuple(name for name, is_needed in needed.items() if is_needed)


@dataclass(frozen=True)
class MadeLayer:
    """One image for `Compositor.set_layer`. of: the handle that a similarity map belongs to."""

    name: LayerName
    image: Any
    of: int | None = None
