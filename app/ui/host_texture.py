"""`HostTexture`: the portable display. Composed with numpy, shown as a raw texture; works on any platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np

from render.compositor import Compositor
from render.host_compositor import HostCompositor
from render.picture_uploader import PictureUploader


class HostTexture:
    """Dear PyGui uploads a raw texture's memory every frame: slower than `gl`, but nothing is shared."""

    name = "host"
    takes_device_pictures = False

    def __init__(self) -> None:
        self._compositor = HostCompositor()
        self._registry = int(dpg.add_texture_registry())
        self._make(1, 1)

    @property
    def texture(self) -> int:
        """Dear PyGui's tag; a new one after `resize`."""
        return self._tag

    @property
    def compositor(self) -> Compositor:
        """Composes on the host."""
        return self._compositor

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        """Pictures come from the host's memory here, wherever they are made."""

    def resize(self, width: int, height: int) -> None:
        """A raw texture cannot change its size: a new one takes its place."""
        old = self._tag
        self._make(width, height)
        self._compositor.resize(width, height)
        dpg.delete_item(old)

    def before_present(self, composed: bool) -> None:
        """Copies a new composition into the texture's memory."""
        if not composed:
            return
        picture = self._compositor.read()  # (h, w, 3) uint8
        if picture.shape[:2] == self._pixels.shape[:2]:
            np.multiply(picture, np.float32(1 / 255), out=self._pixels[..., :3])

    def close(self) -> None:
        """Nothing outlives the Dear PyGui context."""
        self._compositor.close()

    def _make(self, width: int, height: int) -> None:
        self._pixels = np.zeros((height, width, 4), np.float32)  # RGBA: the only format every platform has
        self._pixels[..., 3] = 1.0
        memory: Any = self._pixels  # any buffer will do; Dear PyGui's annotation knows only lists
        self._tag = int(
            dpg.add_raw_texture(width, height, memory, format=dpg.mvFormat_Float_rgba, parent=self._registry)
        )
