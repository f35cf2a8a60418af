"""`Pointer`: the mouse over the canvas. Which button does what; the left one belongs to the chosen tool."""

from __future__ import annotations

from app import events
from app.editor import Editor
from app.keys import KeyMap
from app.mask_brush import MaskBrush
from app.pointer_tools import BrushTool, GrabTool, PlaceTool, PointerTool, hit_test
from app.split_divider import SplitDivider
from app.state import AppState, Tool


class Pointer:
    """One button at a time. Left: the tool; middle, or left with the space bar: pan; right: remove."""

    def __init__(self, state: AppState, editor: Editor, brush: MaskBrush, keys: KeyMap) -> None:
        self._state = state
        self._editor = editor
        painting = BrushTool(state, editor, brush)
        self._tools: dict[Tool, PointerTool] = {
            "grab": GrabTool(state, editor, keys),
            "place": PlaceTool(state, editor, keys),
            "movable": painting,
            "fixed": painting,
            "erase": painting,
        }
        self._divider = SplitDivider(state)
        self._pressed: events.Button | None = None
        self._panned_from: tuple[float, float] | None = None
        self._at_canvas = (0.0, 0.0)

    def apply(self, event: events.PointerEvent) -> None:
        """Applies one event."""
        match event:
            case events.PointerMoved():
                self.moved(event)
            case events.PointerPressed():
                self.pressed(event)
            case events.PointerReleased():
                self.released(event)

    def moved(self, event: events.PointerMoved) -> None:
        """The mouse moved: pan, or the tool; and what lies under the cursor."""
        state = self._state
        self._at_canvas = (event.x, event.y)
        if self._panned_from is not None:
            dx, dy = event.x - self._panned_from[0], event.y - self._panned_from[1]
            state.viewport = state.viewport.panned(dx, dy)
            self._panned_from = self._at_canvas
            return
        at = state.viewport.to_image(event.x, event.y)
        state.cursor = at if event.inside else None
        if self._divider.is_held:
            self._divider.move(event)
            return
        if self._pressed == "left":
            self._tools[state.tool].move(at)
        points_shown = event.inside and state.tool in ("grab", "place")
        state.hovered = hit_test(state, at) if points_shown else None
        if self._pressed is None:
            self._divider.hover(event)

    def pressed(self, event: events.PointerPressed) -> None:
        """A button went down."""
        if self._pressed is not None:
            return
        self._pressed = event.button
        self._at_canvas = (event.x, event.y)
        at = self._state.viewport.to_image(event.x, event.y)
        self._state.cursor = at
        if event.button == "middle" or event.pan:
            self._panned_from = self._at_canvas
        elif event.button == "right":
            hit = hit_test(self._state, at)
            self.remove_handle(hit[0] if hit else None)
        elif not self._divider.press(event):
            self._tools[self._state.tool].press(at, event.shift)

    def released(self, event: events.PointerReleased) -> None:
        """A button came up."""
        if event.button != self._pressed:
            return
        self._pressed = None
        if self._panned_from is not None:
            self._panned_from = None
        elif self._divider.is_held:
            self._divider.release()
        elif event.button == "left":
            self._tools[self._state.tool].release(self._state.viewport.to_image(event.x, event.y))

    def cancel(self) -> bool:
        """Escape: gives up what the tool has in hand; False if that is nothing."""
        if not self._tools[self._state.tool].cancel():
            return False
        self._leave_tool()
        return True

    def take_back(self) -> bool:
        """Undo: gives up what the tool has in hand, where that is no edit yet; else ends it, as an edit that
        can be undone and done again, and returns False."""
        if self._tools[self._state.tool].take_back():
            self._leave_tool()
            return True
        self.let_go()
        return False

    def let_go(self) -> None:
        """Ends what the mouse holds, as if it were released, before something else happens to it."""
        self._state.pending_handle = None
        if self._divider.is_held:
            self._divider.release()
        elif self._pressed == "left" and self._panned_from is None:
            at = self._state.viewport.to_image(*self._at_canvas)
            self._tools[self._state.tool].release(at)
        self._pressed = self._panned_from = None

    def remove_handle(self, handle_id: int | None) -> None:
        """Removes a handle; None = nothing was hit. A handle that waits for its target goes first."""
        if self._state.pending_handle is not None:
            self._state.pending_handle = None
        elif handle_id is not None and handle_id in self._state.handles:
            self._editor.begin("remove handle")
            self._editor.remove_handle(handle_id)

    def _leave_tool(self) -> None:
        """The button that is still down is none of the tool's any more; what else it holds it goes on
        holding."""
        if self._panned_from is None and not self._divider.is_held:
            self._pressed = None
