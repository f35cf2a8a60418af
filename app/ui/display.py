"""`Display`: how a composed picture reaches the canvas; and the choice between the two ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from app.ui.host_texture import HostTexture
from app.ui.shared_texture import SharedTexture
from render.compositor import Compositor
from render.errors import RenderError
from render.picture_uploader import PictureUploader

DisplayChoice = Literal["auto", "gl", "host"]


class Display(Protocol):
    """A Dear PyGui texture and the compositor that fills it."""

    name: str  # for the status line: what draws

    @property
    def texture(self) -> int:
        """Dear PyGui's tag of the texture to show; may change in `resize`."""
        ...

    @property
    def takes_device_pictures(self) -> bool:
        """Whether its compositor takes pictures that are in the GPU's memory."""
        ...

    @property
    def compositor(self) -> Compositor:
        """Composes into it."""
        ...

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        """From the next picture on, this takes the pictures, where the display can share memory at all."""
        ...

    def resize(self, width: int, height: int) -> None:
        """The canvas has this size now, px."""
        ...

    def before_present(self, composed: bool) -> None:
        """Called right before Dear PyGui draws. composed: there is a new composition."""
        ...

    def close(self) -> None:
        """Releases what it holds; the Dear PyGui context still lives."""
        ...


def open_display(
    choice: DisplayChoice,
    say: Callable[[str], None],
    open_uploader: Callable[[], PictureUploader] | None = None,
) -> Display:
    """The display that was asked for. "auto": GL; where that fails the portable one, with one line to `say`.
    open_uploader: see `SharedTexture`.

    Raises RenderError where "gl" was asked for and cannot be had.
    """
    if choice == "host":
        return HostTexture()
    try:
        return SharedTexture(open_uploader)
    except (RenderError, ImportError) as error:
        if choice == "gl":
            raise
        say(f"display: portable (host), because OpenGL cannot be used here: {error}")
        return HostTexture()
