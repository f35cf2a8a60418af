"""What the mouse means on the picture, tool by tool: press, move, release -> edits. No window in here.

Grab and pull: a press puts a handle there and the target follows the cursor; release leaves the target where
it is and the drag runs on until it arrives or stalls. A press on a handle or target that is there takes that
one instead. The handle of the last grab goes with the next grab, so that one hand pulls one point at a time;
Shift keeps it as a pin that holds its place.

Place and run: a click puts a handle, the next one its target; handles and targets are moved by dragging them.
"""

from __future__ import annotations

import math
from typing import Protocol

from app.editor import Editor
from app.keys import KeyMap
from app.mask_brush import MaskBrush
from app.session.last_grab import GRAB_LABEL
from app.state import AppState, BrushMode, End, Point, Status

HIT_RADIUS_CANVAS_PX = 14.0
CLICK_CANVAS_PX = 2.0  # a press that moves less is a click, not a pull


class PointerTool(Protocol):
    """One meaning of the left button. Positions are image px, also outside the picture."""

    def press(self, at: Point, shift: bool) -> None:
        """The button went down."""
        ...

    def move(self, at: Point) -> None:
        """The mouse moved; only called while the button is down."""
        ...

    def release(self, at: Point) -> None:
        """The button came up."""
        ...

    def cancel(self) -> bool:
        """Escape: gives up what is in hand; False if nothing was."""
        ...

    def take_back(self) -> bool:
        """Undo: gives up what is in hand where that is no edit yet; False if it is one, or nothing was."""
        ...


class GrabTool:
    """Grab and pull."""

    def __init__(self, state: AppState, editor: Editor, keys: KeyMap) -> None:
        self._state = state
        self._editor = editor
        self._keys = keys
        self._grabbed_before: int | None = None  # it is the last one again when this grab is given up
        self._pressed_at: Point = (0.0, 0.0)
        self._pulled = False

    def press(self, at: Point, shift: bool) -> None:
        """Takes what is under the cursor, or puts a handle there."""
        state, editor = self._state, self._editor
        hit = hit_test(state, at)
        if hit is None and not inside(at, state.picture_size):
            state.status = Status("Press on the picture to grab a point", "calm")
            return
        editor.begin(GRAB_LABEL)
        self._grabbed_before = state.grabbed
        if hit is not None:
            handle_id = hit[0]
            editor.move_target(handle_id, at)
        else:
            last, state.grabbed = state.grabbed, editor.add_handle(at, at)
            handle_id = state.grabbed
            if not shift:
                editor.let_go(last, replaced_by=handle_id)
        self._pressed_at, self._pulled = at, hit is not None
        state.held, state.selected = (handle_id, "target"), handle_id
        hint = self._keys.hint("cancel")
        state.status = Status(f"Pull: the picture follows. Cancelling gives it back{hint}", "busy")
        editor.run(True, hold=True, handle=handle_id)

    def move(self, at: Point) -> None:
        """The target is the cursor."""
        state = self._state
        if state.held is None:
            return
        pulled_px = math.dist(at, self._pressed_at) * state.viewport.scale
        self._pulled = self._pulled or pulled_px > CLICK_CANVAS_PX
        if self._pulled:
            state.show_hint = False
            self._editor.move_target(state.held[0], at)

    def release(self, at: Point) -> None:
        """The target stays; the drag runs on until it arrives. A click without a pull leaves nothing."""
        held = self._state.held
        if held is None:
            return
        self._state.held = None
        if self._pulled:
            self._editor.run(True, hold=False, handle=held[0])
        else:
            self._give_up(quietly=True)
            self._state.status = Status("Hold the button and pull", "calm")

    def cancel(self) -> bool:
        """Restores the picture and the handles from before the press."""
        if self._state.held is None:
            return False
        self._state.held = None
        self._give_up()
        return True

    def take_back(self) -> bool:
        """A press that has not pulled yet."""
        return not self._pulled and self.cancel()

    def _give_up(self, quietly: bool = False) -> None:
        self._state.grabbed = self._grabbed_before
        self._editor.cancel(quietly)


class PlaceTool:
    """Place and run."""

    def __init__(self, state: AppState, editor: Editor, keys: KeyMap) -> None:
        self._state = state
        self._editor = editor
        self._keys = keys

    def press(self, at: Point, shift: bool) -> None:
        """Takes what is under the cursor; else a handle, or the target of the handle that waits for one."""
        state = self._state
        hit = hit_test(state, at)
        if state.pending_handle is not None:
            self._place_target(state.pending_handle, at)
        elif hit is not None:
            state.held, state.selected = hit, hit[0]
            self._editor.begin("move handle" if hit[1] == "handle" else "move target")
        elif inside(at, state.picture_size):
            state.show_hint = False
            state.pending_handle = at
            hint = self._keys.hint("cancel")
            state.status = Status(f"Now click where this point is to go, or cancel it{hint}", "busy")
        else:
            state.status = Status("Handles lie on the picture; click on it", "calm")

    def move(self, at: Point) -> None:
        """Moves what is held; a handle cannot leave the picture, a target may."""
        if self._state.held is None:
            return
        handle_id, end = self._state.held
        if end == "target":
            self._editor.move_target(handle_id, at)
        else:
            self._editor.preview_handle(handle_id, clamped(at, self._state.picture_size))

    def release(self, at: Point) -> None:
        """A moved handle is re-placed: its reference feature is taken there."""
        held = self._state.held
        if held is None:
            return
        self._state.held = None
        view = self._state.handles.get(held[0])
        if held[1] == "handle" and view is not None:
            self._editor.move_handle(held[0], view.handle)

    def cancel(self) -> bool:
        """Gives up the waiting handle or the move."""
        state = self._state
        if state.pending_handle is not None:
            state.pending_handle = None
            state.status = Status("No handle placed", "calm")
            return True
        if state.held is None:
            return False
        state.held = None
        self._editor.cancel()
        return True

    def take_back(self) -> bool:
        """A handle that waits for its target."""
        return self._state.pending_handle is not None and self.cancel()

    def _place_target(self, handle: Point, target: Point) -> None:
        state = self._state
        if math.dist(handle, target) * state.viewport.scale <= CLICK_CANVAS_PX:
            state.status = Status("Handle and target are the same point; click further away", "warning")
            return
        state.pending_handle = None
        self._editor.begin("place handle")
        state.selected = self._editor.add_handle(handle, target)
        state.status = Status(f"Place more handles, or start the drag{self._keys.hint('run')}", "calm")


class BrushTool:
    """Paints the mask; the drag obeys it from the end of the stroke on."""

    def __init__(self, state: AppState, editor: Editor, brush: MaskBrush) -> None:
        self._state = state
        self._editor = editor
        self._brush = brush
        self._last: Point | None = None

    def press(self, at: Point, shift: bool) -> None:
        """Starts a stroke with a dab."""
        self._last = at
        self._paint(at)

    def move(self, at: Point) -> None:
        """Paints from the last position to here."""
        if self._last is not None:
            self._paint(at)

    def release(self, at: Point) -> None:
        """One stroke is one edit."""
        if self._last is None:
            return
        self._last = None
        self._editor.begin("paint mask")
        self._editor.send_mask()

    def cancel(self) -> bool:
        """Escape does not take a stroke back (undo does); it ends it."""
        if self._last is None:
            return False
        self.release(self._last)
        return True

    def take_back(self) -> bool:
        """A stroke is an edit as soon as it is ended."""
        return False

    def _paint(self, at: Point) -> None:
        mode: BrushMode = brush_mode(self._state)
        self._brush.stroke(self._last or at, at, self._state.brush_radius_px, mode)
        self._last = at
        self._state.mask_painted = True


def brush_mode(state: AppState) -> BrushMode:
    """The brush's mode; movable where another tool is chosen."""
    return state.tool if state.tool in ("movable", "fixed", "erase") else "movable"


def hit_test(state: AppState, at: Point) -> tuple[int, End] | None:
    """The handle or target point within reach of the cursor; targets lie on top, newest first."""
    reach = HIT_RADIUS_CANVAS_PX * state.window.scale / state.viewport.scale
    best: tuple[float, int, End] | None = None
    for view in reversed(list(state.handles.values())):
        ends: tuple[tuple[End, Point], ...] = (("target", view.target), ("handle", view.handle))
        for end, point in ends:
            distance = math.dist(at, point)
            if distance <= reach and (best is None or distance < best[0] - 1e-9):
                best = (distance, view.id, end)
    return None if best is None else (best[1], best[2])


def inside(at: Point, picture_size: tuple[int, int]) -> bool:
    """Whether an image point lies on the picture."""
    return -0.5 <= at[0] < picture_size[0] - 0.5 and -0.5 <= at[1] < picture_size[1] - 0.5


def clamped(at: Point, picture_size: tuple[int, int]) -> Point:
    """The nearest point of the pixel centres' rectangle: where a handle may lie."""
    return min(max(at[0], 0.0), picture_size[0] - 1.0), min(max(at[1], 0.0), picture_size[1] - 1.0)
