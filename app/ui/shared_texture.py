"""`SharedTexture`: the `gl` display. A Dear PyGui texture whose GL storage is ours, composed by GLSL passes.

Dear PyGui never tells a texture's GL name, but leaves a static one's storage alone after it has made it. So a
2x2 texture of random texels is added, one frame is drawn (it is made in there), and render/ finds its name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.ui.containers import inside
from render.borrowed_texture import find_texture_name
from render.compositor import Compositor
from render.gl import check_gl_version, drain_errors, select_platform
from render.gl_compositor import GlCompositor
from render.gl_state import restore_host_state
from render.picture_uploader import PictureUploader
from render.textures import Texture2D


class SharedTexture:
    """Call with a shown viewport, between frames, on the window's thread."""

    def __init__(self, open_uploader: Callable[[], PictureUploader] | None = None) -> None:
        """open_uploader: makes what takes the pictures; None = they come from the host's memory.

        Raises RenderError where there is no OpenGL 3.3 or the texture cannot be found.
        """
        select_platform("glx")
        self.name = f"gl, {check_gl_version().renderer}"
        drain_errors()
        sentinel = secrets.token_bytes(16)  # 2x2 RGBA8
        with inside(dpg.texture_registry()):
            self._tag = int(dpg.add_static_texture(2, 2, [value / 255 for value in sentinel]))
        restore_host_state()
        dpg.render_dearpygui_frame()
        self._target = Texture2D.adopt(find_texture_name(sentinel), 2, 2)
        uploader = None if open_uploader is None else open_uploader()
        self._compositor = GlCompositor(self._target, uploader)
        restore_host_state()

    @property
    def texture(self) -> int:
        """Dear PyGui's tag."""
        return self._tag

    @property
    def compositor(self) -> Compositor:
        """Draws into the texture."""
        return self._compositor

    @property
    def takes_device_pictures(self) -> bool:
        """Whether pictures may stay on the GPU."""
        return self._compositor.uploader.is_shared

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        """From the next picture on, this takes the pictures."""
        self._compositor.use_uploader(open_uploader())
        restore_host_state()

    def resize(self, width: int, height: int) -> None:
        """The next composition has this size."""
        self._compositor.resize(width, height)
        restore_host_state()

    def before_present(self, composed: bool) -> None:
        """Dear PyGui's own drawing takes some GL state for granted."""
        restore_host_state()

    def close(self) -> None:
        """The texture itself belongs to Dear PyGui."""
        self._compositor.close()
