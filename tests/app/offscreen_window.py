"""`OffscreenWindow`: a window without a window, but with a real compositor: `app.app.Ui` and the device's
`app.device_wiring.PictureTaker`."""

from __future__ import annotations

from collections.abc import Callable

from app import events
from app.state import AppState
from render.compositor import Compositor
from render.gl_compositor import GlCompositor
from render.picture_uploader import PictureUploader


class OffscreenWindow:
    """Draws, but there is nothing to see. Events are put in by the test, or go to the app directly."""

    def __init__(self, compositor: Compositor) -> None:
        self.compositor: Compositor = compositor
        self.events: list[events.Event] = []

    @property
    def takes_device_pictures(self) -> bool:
        return isinstance(self.compositor, GlCompositor) and self.compositor.uploader.is_shared

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        assert isinstance(self.compositor, GlCompositor), "the portable one takes the host's pictures only"
        self.compositor.use_uploader(open_uploader())

    def poll_events(self) -> list[events.Event]:
        polled, self.events = self.events, []
        return polled

    def sync(self, state: AppState) -> None:
        pass

    def present(self, composed: bool) -> None:
        pass
