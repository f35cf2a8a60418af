"""`OverlayTextures`: the start picture and the maps on the GPU, while an overlay needs them.

Nothing is there, and nothing is bound, until the first layer is set.
"""

from collections.abc import Mapping

from render.errors import RenderError
from render.map_uploader import MapUploader
from render.overlays import LAYER_NAMES, LayerName
from render.picture_uploader import PictureUploader
from render.textures import Texture2D


class OverlayTextures:
    """Owns one uploader a layer, made with the first image and closed when the layer is taken away."""

    def __init__(self, pictures: PictureUploader) -> None:
        """pictures: the uploader of the present picture; it knows how others of its kind are made."""
        self._pictures = pictures
        self._makers: dict[str, PictureUploader] = {}  # who made each layer's uploader
        self._start: PictureUploader | None = None
        self._maps: dict[str, MapUploader] = {}
        # counts what was set, by texture: what is drawn from one is drawn again when its number changes
        self.versions: dict[str, int] = dict.fromkeys(("picture", *LAYER_NAMES), 0)

    def use(self, pictures: PictureUploader) -> None:
        """From now on layers are taken as this one takes pictures; those that there are stay until new ones
        come."""
        self._pictures = pictures

    def note_picture(self) -> None:
        """The present picture is a new one."""
        self.versions["picture"] += 1

    def set(self, name: LayerName, image: object | None) -> None:
        """See `Compositor.set_layer`."""
        self.versions[name] += 1
        if image is None:
            self._take_away(name)
            return
        is_known = self._makers.get(name) is self._pictures
        if name == "start":
            start = self._start if is_known and self._start is not None else self._pictures.another()
            _upload(start, image, None if is_known else self._start)
            self._start = start
        else:
            layer = self._maps[name] if is_known else self._pictures.for_maps()
            _upload(layer, image, None if is_known else self._maps.get(name))
            self._maps[name] = layer
        self._makers[name] = self._pictures

    @property
    def start(self) -> Texture2D | None:
        """The start picture."""
        return None if self._start is None else self._start.texture

    @property
    def textures(self) -> Mapping[str, Texture2D]:
        """By the names of their samplers."""
        found = {"start": self.start, **{name: layer.texture for name, layer in self._maps.items()}}
        return {name: texture for name, texture in found.items() if texture is not None}

    @property
    def plane_counts(self) -> Mapping[str, int]:
        """Planes in each map's texture."""
        return {name: layer.plane_count for name, layer in self._maps.items()}

    def close(self) -> None:
        """Delete everything."""
        for name in LAYER_NAMES:
            self._take_away(name)

    def _take_away(self, name: LayerName) -> None:
        self._makers.pop(name, None)
        layer = self._maps.pop(name, None)
        if name == "start":
            layer, self._start = self._start, None
        if layer is not None:
            layer.close()


def _upload(
    layer: PictureUploader | MapUploader, image: object, replaced: PictureUploader | MapUploader | None
) -> None:
    """The image into a layer, which may be a new one in the place of another; what is refused leaves that."""
    try:
        layer.upload(image)
    except RenderError:
        if layer.texture is None:
            layer.close()
        raise
    if replaced is not None:
        replaced.close()
