"""The overlays that a person can switch: their names, keys and words, and which are on. Plain data.

`OVERLAYS` is the one list of them: keys, panel and legend read it. What each looks like is render/'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from render.overlays import LayerName, Overlays, Split

Point = tuple[float, float]
OverlayName = Literal[
    "mask", "handles", "arrows", "paths", "radii", "features", "similarity", "difference", "split"
]


@dataclass(frozen=True)
class OverlayInfo:
    """One overlay in words. term: what papers call it. key: the default of the key that toggles it."""

    name: OverlayName
    label: str
    key: str
    help: str


OVERLAYS: tuple[OverlayInfo, ...] = (
    OverlayInfo("mask", "Mask", "1", "What may move and what stays fixed (mask M)"),
    OverlayInfo(
        "handles",
        "Handles and targets",
        "2",
        "The points that are pulled (handle points) and where they are to go (target points)",
    ),
    OverlayInfo("arrows", "Arrows", "3", "From each point to where it is to go"),
    OverlayInfo(
        "paths",
        "Tracked paths",
        "4",
        "The way that each point has come, step by step (point tracking); the older, the fainter",
    ),
    OverlayInfo(
        "radii",
        "Reach of a step",
        "5",
        "The disc is what a step pulls along (r1, motion supervision); the dashed square is where it looks "
        "for the point afterwards (r2, point tracking)",
    ),
    OverlayInfo(
        "features",
        "Feature map",
        "6",
        "What the network knows of each place (feature map F): places of one colour are alike to it. Three "
        "principal components, or one channel. The colours stay the same all through a drag",
    ),
    OverlayInfo(
        "similarity",
        "Similarity",
        "7",
        "How much each place resembles the point under the mouse, or the selected one (distance to its "
        "reference feature f0). One small bright spot: tracking will hold. Much is bright: grab something "
        "more distinct",
    ),
    OverlayInfo(
        "difference", "Difference to the start", "8", "How far each place has changed since the start"
    ),
    OverlayInfo(
        "split",
        "Start beside it",
        "9",
        "The start on the left of a line, the picture as it is now on its right; pull the line",
    ),
)

COMPARE_KEY = "C"  # while it is held, the start is shown


def info_of(name: OverlayName) -> OverlayInfo:
    """One overlay in words."""
    return next(info for info in OVERLAYS if info.name == name)


@dataclass(frozen=True)
class Layer:
    """Of one overlay: whether it is on, and its opacity (0..1) when it is."""

    on: bool
    opacity: float

    @property
    def strength(self) -> float:
        """0 when off."""
        return self.opacity if self.on else 0.0


@dataclass(frozen=True)
class OverlayChoice:
    """Which overlays are on.

    block: resolution of the block whose features are shown, None = the drag's. channel: None = three
    principal components. split_at: share of the picture's width. comparing: the start is shown while a key is
    held.
    """

    mask: Layer = Layer(True, 0.45)
    handles: Layer = Layer(True, 1.0)
    arrows: Layer = Layer(True, 1.0)
    paths: Layer = Layer(False, 0.9)
    radii: Layer = Layer(False, 0.9)
    features: Layer = Layer(False, 0.75)
    similarity: Layer = Layer(False, 0.7)
    difference: Layer = Layer(False, 0.85)
    split: Layer = Layer(False, 1.0)
    block: int | None = None
    channel: int | None = None
    split_at: float = 0.5
    comparing: bool = False

    def layer(self, name: OverlayName) -> Layer:
        """One overlay's."""
        return getattr(self, name)

    def toggled(self, name: OverlayName) -> OverlayChoice:
        """With one overlay on that was off, or off that was on."""
        layer = self.layer(name)
        return replace(self, **{name: Layer(not layer.on, layer.opacity)})

    def with_opacity(self, name: OverlayName, opacity: float) -> OverlayChoice:
        """With another opacity of one overlay, 0..1."""
        return replace(self, **{name: Layer(self.layer(name).on, min(max(opacity, 0.0), 1.0))})

    @classmethod
    def all_off(cls) -> OverlayChoice:
        """The picture alone, for measurements."""
        choice = cls()
        for info in OVERLAYS:
            if choice.layer(info.name).on:
                choice = choice.toggled(info.name)
        return choice

    @classmethod
    def all_on(cls) -> OverlayChoice:
        """Everything at once, for measurements: these press in the middle of the picture, and the split is
        beside it."""
        choice = cls(split_at=0.25)
        for info in OVERLAYS:
            if not choice.layer(info.name).on:
                choice = choice.toggled(info.name)
        return choice


@dataclass(frozen=True)
class DragFacts:
    """What the overlays' controls need to know of a drag.

    blocks: (resolution, channels) of every block of the generator. drag_block: whose features are dragged.
    radii_px: r1 and r2.
    """

    blocks: tuple[tuple[int, int], ...]
    drag_block: int
    radii_px: tuple[float, float]


@dataclass
class OverlayState:
    """All that the window knows of overlays.

    trails: the way of each handle that is shown, oldest point first, image px. similarity_of: the handle that
    the similarity map in hand belongs to. divider_lit: the mouse is on the split's line. layers: what has
    come from the worker and was not taken away.
    """

    choice: OverlayChoice = field(default_factory=OverlayChoice)
    facts: DragFacts | None = None
    trails: dict[int, tuple[Point, ...]] = field(default_factory=dict[int, tuple[Point, ...]])
    similarity_of: int | None = None
    divider_lit: bool = False
    layers: frozenset[LayerName] = frozenset()

    @property
    def shows_start_alone(self) -> bool:
        """Whether nothing but the start is to be seen."""
        return self.choice.comparing and "start" in self.layers

    def drawn(self, watched: int | None) -> Overlays:
        """The same for the renderer. watched: the handle under the mouse, or the selected one."""
        choice = self.choice
        if self.shows_start_alone:
            return Overlays(handles=0.0, arrows=0.0, start=1.0)
        elsewhere = ("mask", "split")  # the mask's is the scene's; the split is more than an opacity
        drawn = {o.name: choice.layer(o.name).strength for o in OVERLAYS if o.name not in elsewhere}
        if watched is None or watched != self.similarity_of:
            drawn["similarity"] = 0.0  # what there is belongs to another handle
        split = Split(choice.split_at, self.divider_lit) if choice.split.on else None
        return Overlays(**drawn, start=choice.split.strength, split=split)
