"""`OverlayTextures`: the start picture and the maps on the GPU, while an overlay needs them; and the ramps.

Nothing is there, and nothing is bound, until the first layer is set.
"""

from collections.abc import Mapping

from render.colour_ramps import ramp_texels
from render.map_uploader import MapUploader
from render.overlays import LAYER_NAMES, LayerName
from render.picture_uploader import PictureUploader
from render.textures import Texture2D


class OverlayTextures:
    """Owns one uploader a layer, made with the first image and closed when the layer is taken away."""

    def __init__(self, pictures: PictureUploader) -> None:
        """pictures: the uploader of the present picture; it knows how others of its kind are made."""
        self._pictures = pictures
        self._start: PictureUploader | None = None
        self._maps: dict[str, MapUploader] = {}
        self._ramps: Texture2D | None = None
        # counts what was set, by texture: what is drawn from one is drawn again when its number changes
        self.versions: dict[str, int] = dict.fromkeys(("picture", *LAYER_NAMES), 0)

    def note_picture(self) -> None:
        """The present picture is a new one."""
        self.versions["picture"] += 1

    def set(self, name: LayerName, image: object | None) -> None:
        """See `Compositor.set_layer`."""
        self.versions[name] += 1
        if image is None:
            self._take_away(name)
            return
        if name == "start":
            self._start = self._start or self._pictures.another()
            self._start.upload(image)
        else:
            if name not in self._maps:
                self._maps[name] = self._pictures.for_maps()
            self._maps[name].upload(image)
        if self._ramps is None:
            texels = ramp_texels()
            self._ramps = Texture2D.create(texels.shape[1], texels.shape[0], "rgb8")
            self._ramps.upload(texels)

    @property
    def start(self) -> Texture2D | None:
        """The start picture."""
        return None if self._start is None else self._start.texture

    @property
    def textures(self) -> Mapping[str, Texture2D]:
        """By the names of their samplers."""
        found = {"start": self.start, **{name: layer.texture for name, layer in self._maps.items()}}
        textures: dict[str, Texture2D] = {name: item for name, item in found.items() if item is not None}
        if textures and self._ramps is not None:
            textures["ramps"] = self._ramps
        return textures

    @property
    def plane_counts(self) -> Mapping[str, int]:
        """Planes in each map's texture."""
        return {name: layer.plane_count for name, layer in self._maps.items()}

    def close(self) -> None:
        """Delete everything."""
        for name in LAYER_NAMES:
            self._take_away(name)
        if self._ramps is not None:
            self._ramps.close()
            self._ramps = None

    def _take_away(self, name: LayerName) -> None:
        layer = self._maps.pop(name, None)
        if name == "start":
            layer, self._start = self._start, None
        if layer is not None:
            layer.close()
