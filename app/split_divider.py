"""`SplitDivider`: the line between the start and the present picture, pulled with the left button."""

from __future__ import annotations

from dataclasses import replace

from app import events
from app.state import AppState

REACH_CANVAS_PX = 7.0
EDGE_SHARE = 0.002  # the line stays on the picture, so that it can be pulled back


class SplitDivider:
    """Asked before the tools: the line lies over the picture."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self.is_held = False

    def hover(self, event: events.PointerMoved) -> None:
        """The mouse moved without a button: the line under it lights up."""
        self._state.overlays.divider_lit = event.inside and self._is_hit(event.x, event.y)

    def press(self, event: events.PointerPressed) -> bool:
        """The left button went down; True: the line is held now."""
        self.is_held = self._is_hit(event.x, event.y)
        self._state.overlays.divider_lit = self.is_held
        return self.is_held

    def move(self, event: events.PointerMoved) -> None:
        """Pulls the line that is held."""
        state = self._state
        width = state.picture_size[0]
        share = (state.viewport.to_image(event.x, event.y)[0] + 0.5) / width
        at = min(max(share, EDGE_SHARE), 1 - EDGE_SHARE)
        state.overlays.choice = replace(state.overlays.choice, split_at=at)

    def release(self) -> None:
        """The button came up."""
        self.is_held = self._state.overlays.divider_lit = False

    def _is_hit(self, x: float, y: float) -> bool:
        state = self._state
        choice = state.overlays.choice
        if choice.split.strength <= 0 or choice.comparing or state.hovered is not None:
            return False  # a handle that lies on the line can still be grabbed
        width, height = state.picture_size
        line, top = state.viewport.to_canvas(choice.split_at * width - 0.5, -0.5)
        _, bottom = state.viewport.to_canvas(0.0, height - 0.5)
        return abs(x - line) <= REACH_CANVAS_PX and top <= y <= bottom
