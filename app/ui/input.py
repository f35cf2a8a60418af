"""`Input`: mouse and keyboard of Dear PyGui -> events. Moves within one frame are merged into one.

Buttons are read once a frame (Dear PyGui spreads quick presses over frames, so none is lost, and the position
belongs to the press); wheel and keys come through handlers, whose callbacks run on the window's thread.
A callback may run a frame after its key, when Ctrl is up again: so the modifiers are followed through the
same queue. They are asked for as well: of keys that go down within one frame the arrows are told before Ctrl.
"""

from __future__ import annotations

from collections import deque
from typing import cast

import dearpygui.dearpygui as dpg

from app import events
from app.keys import Chord, KeyMap, typed_by
from app.ui.canvas import Canvas
from app.ui.containers import inside
from app.ui.key_codes import KEY_OF_CODE

_BUTTONS: tuple[tuple[int, events.Button], ...] = (
    (dpg.mvMouseButton_Left, "left"),
    (dpg.mvMouseButton_Right, "right"),
    (dpg.mvMouseButton_Middle, "middle"),
)
_CTRL = (dpg.mvKey_LControl, dpg.mvKey_RControl)
_ALT = (dpg.mvKey_LAlt, dpg.mvKey_RAlt)
_SHIFT = (dpg.mvKey_LShift, dpg.mvKey_RShift)
PALETTE_MOVES = {"Down": 1, "Tab": 1, "Up": -1}
_TYPING = ("mvAppItemType::mvInput", "mvAppItemType::mvSlider", "mvAppItemType::mvDrag")


class Input:
    """Collects events until `poll`. While the palette is open the keyboard is its."""

    def __init__(self, canvas: Canvas, keys: KeyMap) -> None:
        self.canvas = canvas  # another one where the window was built anew
        self.in_palette = False
        self._keys = keys
        self._pending: list[events.Event] = []
        self._down: set[events.Button] = set()  # pressed over the canvas and not released
        self._was_down: set[events.Button] = set()
        self._position: tuple[float, float] | None = None
        self._was_inside = False
        self._space_panned = False
        self._modifiers: set[int] = set()  # Ctrl, Alt and Shift keys that are down
        # of the last frames: the Enter that ends typing is still the field's, and its callback may come late
        self._typing = deque([False], maxlen=2)
        with inside(dpg.handler_registry()):
            # keys first: in a frame handlers run in this order, and a wheel turned with Ctrl must know of it
            dpg.add_key_press_handler(callback=self._key_pressed)
            dpg.add_key_release_handler(callback=self._key_released)
            dpg.add_mouse_wheel_handler(callback=self._wheel)

    @property
    def _ctrl(self) -> bool:
        return self._is_held(_CTRL)

    @property
    def _shift(self) -> bool:
        return self._is_held(_SHIFT)

    def _is_held(self, codes: tuple[int, ...]) -> bool:
        return not self._modifiers.isdisjoint(codes) or any(map(dpg.is_key_down, codes))

    def _chord(self, name: str) -> Chord:
        return Chord(name, self._ctrl, self._is_held(_ALT), self._shift)

    def poll(self) -> list[events.Event]:
        """Events since the last call, oldest first."""
        self._read_mouse()
        self._typing.append(_is_typing())
        polled, self._pending = self._pending, []
        return polled

    def _read_mouse(self) -> None:
        mouse = dpg.get_mouse_pos(local=False)
        x, y = self.canvas.to_canvas((mouse[0], mouse[1]))
        inside = self.canvas.is_hovered
        if (x, y) != self._position or inside != self._was_inside:
            self._position, self._was_inside = (x, y), inside
            if inside or self._down:
                self._pending.append(events.PointerMoved(x, y, inside or bool(self._down)))
            else:
                self._pending.append(events.PointerMoved(x, y, False))
        for code, button in _BUTTONS:
            self._read_button(code, button, x, y, inside)

    def _read_button(self, code: int, button: events.Button, x: float, y: float, inside: bool) -> None:
        down = bool(dpg.is_mouse_button_down(code))
        if down and button not in self._was_down:
            self._was_down.add(button)
            if inside:
                if self.in_palette:
                    self._pending.append(events.TogglePalette())
                    return
                self._down.add(button)
                pan = bool(dpg.is_key_down(dpg.mvKey_Spacebar))
                self._space_panned = self._space_panned or pan
                self._pending.append(events.PointerPressed(x, y, button, self._shift, pan))
        elif not down and button in self._was_down:
            self._was_down.discard(button)
            if button in self._down:
                self._down.discard(button)
                self._pending.append(events.PointerReleased(x, y, button))

    def _wheel(self, _sender: int, notches: float) -> None:
        if self.canvas.is_hovered and self._position is not None:
            self._pending.append(events.WheelTurned(*self._position, float(notches), self._ctrl))

    def _key_pressed(self, _sender: int, key: int) -> None:
        if key in _CTRL + _ALT + _SHIFT:
            self._modifiers.add(key)
        name = KEY_OF_CODE.get(key)
        if name is None:
            return
        if self.in_palette:
            self._do_in_palette(name)
        elif name != "Space":
            self._do(name)

    def _key_released(self, _sender: int, key: int) -> None:
        self._modifiers.discard(key)
        self._pending += self._keys.released_by(KEY_OF_CODE.get(key, ""))
        if key != dpg.mvKey_Spacebar:
            return
        # on release, and only if the bar was not held to pan
        panned, self._space_panned = self._space_panned, False
        if not panned and not self.in_palette:
            self._do("Space")

    def _do(self, name: str) -> None:
        action = self._keys.action_of(self._chord(name))
        is_typing = any(self._typing) or _is_typing()
        if action is None or (is_typing and not isinstance(action.event, events.TogglePalette)):
            return
        if isinstance(action.event, events.TogglePalette):
            self.in_palette = True  # from now on, not from the next frame: the next key may be here already
        self._pending.append(action.event)

    def _do_in_palette(self, name: str) -> None:
        action = self._keys.action_of(self._chord(name))
        if name == "Esc" or (action is not None and isinstance(action.event, events.TogglePalette)):
            self.in_palette = False
            self._pending.append(events.TogglePalette())
        elif name == "Enter":
            self.in_palette = False
            self._pending.append(events.RunFromPalette())
        elif name == "Backspace":
            self._pending.append(events.EraseInPalette())
        elif name in PALETTE_MOVES:
            self._pending.append(events.MoveInPalette(PALETTE_MOVES[name]))
        elif text := typed_by(name, self._shift):
            self._pending.append(events.TypeInPalette(text))


def _is_typing() -> bool:
    """Whether the keyboard belongs to a field."""
    focused = dpg.get_focused_item()
    return bool(focused) and dpg.does_item_exist(focused) and _has_active_field(focused)


def _has_active_field(item: int | str) -> bool:
    """Of a field: whether it is typed into. Of anything else: whether one in it is.

    Dear PyGui takes the group around a field for the focused item, not the field itself.
    """
    if str(dpg.get_item_type(item)).startswith(_TYPING):
        return bool(dpg.is_item_active(item))
    within = cast(dict[int, list[int]], dpg.get_item_children(item))
    return any(_has_active_field(child) for slot in within.values() for child in slot)
