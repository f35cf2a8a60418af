"""`WindowGrab`: the window's own pixels, for a screenshot of all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np

from app import events
from app.state import AppState


class WindowGrab:
    """Asks for them once each time that they are wanted: 90 ms, but only then."""

    def __init__(self, emit: Callable[[events.Event], None]) -> None:
        """emit: takes the `WindowGrabbed`, some frames later."""
        self._emit = emit
        self._is_grabbing = False

    def sync(self, state: AppState) -> None:
        """Once a frame."""
        if state.wants_grab and not self._is_grabbing:
            dpg.output_frame_buffer(callback=self._grabbed)
        self._is_grabbing = state.wants_grab

    def _grabbed(self, _sender: int, buffer: Any) -> None:
        height, width = buffer.get_height(), buffer.get_width()
        pixels = np.frombuffer(buffer, np.float32).reshape(height, width, 4)[..., :3]
        self._emit(events.WindowGrabbed(np.rint(pixels * 255).astype(np.uint8)))
