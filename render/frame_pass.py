"""`Frame`: what is drawn now. `Pass`: one entry of the table in render/passes.py, which explains it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from render.compositor import Rect
from render.scene import Scene
from render.shader_program import UniformValue
from render.style import MarkerStyle, MaskStyle, OverlayStyle, Style
from render.textures import Texture2D

FloatRect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """What a pass may read: scene, look, the picture's rectangle in output px, textures by name."""

    scene: Scene
    style: Style
    picture_rect: FloatRect
    textures: Mapping[str, Texture2D] = field(default_factory=dict[str, Texture2D])
    mask_bounds: Rect | None = None  # the painted part of the mask in its texels; None = nothing is painted
    plane_counts: Mapping[str, int] = field(default_factory=dict[str, int])  # of maps: planes in the texture

    @property
    def magnification(self) -> tuple[float, float]:
        """Output px per texel of the picture, along x and y (a preview's is not the view's scale)."""
        return self.magnification_of("picture")

    def magnification_of(self, name: str) -> tuple[float, float]:
        """The same of another texture that covers the picture."""
        x0, y0, x1, y1 = self.picture_rect
        texture = self.textures[name]
        return ((x1 - x0) / texture.width, (y1 - y0) / texture.height)


def _picture_rect(frame: Frame) -> FloatRect:
    return frame.picture_rect


def _no_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    return {}


def _always(frame: Frame) -> bool:
    return True


def _opaque(frame: Frame) -> float:
    return 1.0


@dataclass(frozen=True)
class Pass:
    """One shader pair and what it is fed with."""

    name: str  # unique in the table
    vertex: str  # file of the vertex shader
    layer: Literal["still", "map", "live"]
    uniforms: Callable[[Frame], Mapping[str, UniformValue]] = _no_uniforms
    opacity: Callable[[Frame], float] = _opaque  # 0 = off: nothing else of the pass is looked at
    is_visible: Callable[[Frame], bool] = _always
    reads: tuple[str, ...] = ()  # textures without which there is nothing to draw
    rect: Callable[[Frame], FloatRect] = _picture_rect
    instances: Callable[[Frame], NDArray[np.float32]] | None = None  # (N, 4 k) rows; None = one quad
    map_size: Callable[[Frame], tuple[int, int]] | None = None  # "map" only: of the texture that it fills
    is_opaque: bool = False  # no blending: the pass covers what lies below
    fragment_name: str | None = None  # of the fragment shader's file; None = `name`

    @property
    def fragment(self) -> str:
        """File of the fragment shader."""
        return f"{self.fragment_name or self.name}.frag"

    def is_drawn(self, frame: Frame) -> bool:
        """Whether it has anything to show."""
        if self.opacity(frame) <= 0 or not all(name in frame.textures for name in self.reads):
            return False
        return self.is_visible(frame)


def style_uniforms(style: MarkerStyle | MaskStyle | OverlayStyle) -> dict[str, UniformValue]:
    """Every number and colour of a style as a uniform of its name."""
    values: dict[str, UniformValue] = {}
    for item in fields(style):
        value: Any = getattr(style, item.name)
        values["u_" + item.name] = value
    return values


def resample_uniforms(axis: int, scale: float, offset: float) -> dict[str, UniformValue]:
    """What magnify.frag and minify.frag need, for axis 0 = x or 1 = y; the caller chooses between the two."""
    return {"u_axis": (1.0 - axis, float(axis)), "u_scale": scale, "u_offset": offset}
