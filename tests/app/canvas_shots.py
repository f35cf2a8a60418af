"""What the canvas of an open window shows, and what it should show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.picture_scene import scene_of
from app.session.edit_session import EditSession
from app.state import AppState, HandleView
from app.viewport import Viewport
from render.host_compositor import HostCompositor
from render.scene import Scene
from tests.app.open_window import OpenWindow

Shot = NDArray[np.float64]


def shot(window: OpenWindow) -> Shot:
    return window.canvas(window.hand.screenshot()).astype(float)


def alone(window: OpenWindow, picture: NDArray[np.uint8]) -> Shot:
    """A picture as the canvas shows it without anything over it."""
    compositor = HostCompositor()
    compositor.set_picture(picture)
    compositor.compose(Scene(window.viewport.canvas_size, window.viewport.view()).alone)
    return compositor.read().astype(float)


def columns_alike(ours: Shot, other: Shot, window: OpenWindow) -> NDArray[np.bool_]:
    """Of each canvas column: whether the lower part of the picture is that of the other one. (Labels stand at
    the top, the grip in the middle.)"""
    _, height = window.viewport.canvas_size
    rows = slice(height * 5 // 8, height * 7 // 8)
    return np.abs(ours[rows] - other[rows]).mean(axis=(0, 2)) < 3.0


def compose(session: EditSession, viewport: Viewport) -> NDArray[np.float64]:
    """What the canvas should show, composed on the host from the saved session."""
    drag, generator = session.session, session.generator
    size = (generator.width, generator.height)
    state = AppState(picture_size=size, model_name="", viewport=viewport, selected=0)
    if drag.handle_ids:
        handle, target = (tuple(points[0].tolist()) for points in (drag.handles, drag.targets))
        state.set_handle(HandleView(0, (handle[0], handle[1]), (target[0], target[1]), confidence=1.0))
    compositor = HostCompositor()
    compositor.set_picture(drag.image())
    compositor.compose(scene_of(state))
    picture = compositor.read().astype(float)
    compositor.close()
    return picture


def crop(viewport: Viewport, at: tuple[float, ...], radius: int) -> tuple[slice, slice]:
    """A square of canvas px around an image point."""
    x, y = (round(value) for value in viewport.to_canvas(at[0], at[1]))
    return slice(max(y - radius, 0), y + radius), slice(max(x - radius, 0), x + radius)
