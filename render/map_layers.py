"""`MapLayers`: fills the textures of the "map" passes and stretches them over the picture.

A map has a few thousand cells and covers up to a million output px: its colours are computed per cell, once,
and not per px in every frame in which something else changed. (On a software rasteriser the colours of all px
would take longer than the frame.) Maps that lie over each other are mixed before they are blended with what
lies below, as px are what costs: three take half of what they take one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from render import gl_api as gl
from render.colour_ramps import ramp_texels
from render.frame_pass import Frame, Pass
from render.framebuffer import Framebuffer
from render.overlay_passes import uncovered_rect
from render.pass_drawer import PassDrawer
from render.shader_program import ShaderProgram
from render.textures import Texture2D

MIXED_COUNT = 3  # maps that mix.frag takes at once


@dataclass
class _Filled:
    """One map's colours, and what they were made from."""

    texture: Texture2D
    framebuffer: Framebuffer
    key: object = None


class MapLayers:
    """Owns one texture for each "map" pass that was ever drawn."""

    def __init__(self, drawer: PassDrawer) -> None:
        """drawer: has the passes' programs."""
        self._drawer = drawer
        self._stretch = ShaderProgram("rect.vert", "stretch.frag")
        self._mix = ShaderProgram("rect.vert", "mix.frag")
        self._vertex_array = int(gl.glGenVertexArrays(1))
        self._filled: dict[str, _Filled] = {}
        self._ramps: Texture2D | None = None  # made with the first map
        self.fill_count = 0  # how often colours were computed

    def refresh(self, frame: Frame, versions: Mapping[str, int]) -> None:
        """Fill the textures of the passes that are drawn, where what they read has changed.

        Binds other framebuffers. versions: a number for each texture that differs when its contents do.
        """
        for item in self._drawer.passes:
            if item.layer == "map" and item.is_drawn(frame):
                textures = {**frame.textures, "ramps": self._ramp_texture()}
                self._refresh(item, replace(frame, textures=textures), versions)

    def draw(self, items: Sequence[Pass], frame: Frame) -> None:
        """Stretch those that are to be seen over the picture, the first one lowest. Draws into the
        framebuffer that is bound."""
        shown = [item for item in items if item.is_drawn(frame) and item.name in self._filled]
        for first in range(0, len(shown), MIXED_COUNT):
            together = shown[first : first + MIXED_COUNT]
            opacities = [item.opacity(frame) for item in together]
            self._draw([self._filled[item.name].texture for item in together], opacities, frame)

    def _draw(self, textures: list[Texture2D], opacities: list[float], frame: Frame) -> None:
        weights, opacity = mixture(opacities)
        program = self._stretch if len(textures) == 1 else self._mix
        program.use()
        for unit in range(MIXED_COUNT):  # one that is missing weighs nothing, but a sampler needs a texture
            textures[min(unit, len(textures) - 1)].bind(unit)
            program.set(f"u_map_{unit}", unit)
        program.set("u_weights", (*weights, 0.0, 0.0)[:MIXED_COUNT])
        program.set("u_opacity", opacity)
        program.set("u_picture_rect", frame.picture_rect)
        program.set("u_output_size", frame.scene.size)
        program.set("u_rect", uncovered_rect(frame))
        gl.glEnable(gl.GL_BLEND)
        gl.glBindVertexArray(self._vertex_array)
        gl.glDrawArrays(gl.GL_TRIANGLE_STRIP, 0, 4)
        gl.glBindVertexArray(0)

    def close(self) -> None:
        """Delete everything it owns."""
        for filled in self._filled.values():
            filled.framebuffer.close()
            filled.texture.close()
        self._filled.clear()
        if self._ramps is not None:
            self._ramps.close()
            self._ramps = None
        self._stretch.close()
        self._mix.close()
        if self._vertex_array:
            gl.glDeleteVertexArrays(1, [self._vertex_array])
        self._vertex_array = 0

    def _ramp_texture(self) -> Texture2D:
        if self._ramps is None:
            texels = ramp_texels()  # (ramps, levels, 3)
            self._ramps = Texture2D.create(texels.shape[1], texels.shape[0], "rgb8")
            self._ramps.upload(texels)
        return self._ramps

    def _refresh(self, item: Pass, frame: Frame, versions: Mapping[str, int]) -> None:
        assert item.map_size is not None, f"the map pass {item.name} has no map_size"
        width, height = item.map_size(frame)
        key = (tuple(versions[name] for name in item.reads), tuple(item.uniforms(frame).items()))
        filled = self._filled.get(item.name)
        if filled is None:
            texture = Texture2D.create(width, height, "rgba8", "linear")
            filled = self._filled[item.name] = _Filled(texture, Framebuffer(texture))
        if filled.key == key:
            return
        if filled.texture.size != (width, height):
            filled.texture.resize(width, height)
            filled.framebuffer.attach()
        filled.framebuffer.bind()
        self._drawer.fill(item, frame, (width, height))
        self.fill_count += 1
        filled.key = key


def mixture(opacities: Sequence[float]) -> tuple[list[float], float]:
    """What is the same as blending with these opacities (above 0), the first one lowest, one after the other:
    the weight of each, whose sum is 1, and the opacity of the whole."""
    shares: list[float] = []
    for opacity in opacities:
        shares = [*(share * (1 - opacity) for share in shares), opacity]
    whole = sum(shares)
    return [share / whole for share in shares], whole
