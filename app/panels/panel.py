"""What a panel is, and the few widgets that all of them use.

A new panel: a class with `title`, `build` and `sync` in its own file, and an entry in `PANELS` of
`app.ui.window_contents`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import dearpygui.dearpygui as dpg

from app.actions import find_action
from app.events import Event
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

Emit = Callable[[Event], None]

LABEL_WIDTH_PX = 118
TOOLTIP_WRAP_PX = 300
TOOLTIP_DELAY_S = 0.5


class Panel(Protocol):
    """One section of the side panel."""

    title: str

    def build(self) -> None:
        """Adds the widgets to the container that is open."""
        ...

    def sync(self, state: AppState) -> None:
        """Shows the state; called every frame, so it touches only widgets whose value changed."""
        ...


class Shown:
    """What a widget shows, remembered here: asking or telling Dear PyGui every frame would cost more."""

    def __init__(self, tag: int | str) -> None:
        self.tag = tag
        self._value: Any = None

    def set(self, value: Any) -> None:
        """Shows a value if it is new; a widget that the mouse or keyboard holds is left alone."""
        if value != self._value and not dpg.get_item_state(self.tag).get("active", False):
            self._value = value
            dpg.set_value(self.tag, value)

    def forget(self) -> None:
        """The widget may show something else now: the next `set` sets it again."""
        self._value = None


class Label:
    """A button's label, remembered likewise."""

    def __init__(self, tag: int | str) -> None:
        self.tag = tag
        self._label: str | None = None

    def set(self, label: str) -> None:
        """Shows a label if it is new."""
        if label != self._label:
            self._label = label
            dpg.configure_item(self.tag, label=label)


class Enabled:
    """Whether a widget is enabled, remembered likewise."""

    def __init__(self, tag: int | str) -> None:
        self.tag = tag
        self._on = True

    def set(self, on: bool) -> None:
        """Enables or disables."""
        if on != self._on:
            self._on = on
            dpg.configure_item(self.tag, enabled=on)


def tooltip(tag: int | str, text: str, delay_s: float = TOOLTIP_DELAY_S) -> int:
    """Explains a widget while the mouse rests on it; the tag of the text. Comes right behind the widget."""
    with inside(dpg.tooltip(tag, delay=delay_s)):
        return int(dpg.add_text(text, wrap=px(TOOLTIP_WRAP_PX)))


class SectionTooltip:
    """Explains a section while it is closed. Of an open one Dear PyGui takes the last widget for the header,
    so that the tooltip would hide what is beside that. Comes right behind the section."""

    def __init__(self, tag: int | str, text: str) -> None:
        self._tag = tag
        self._tooltip = int(dpg.get_item_parent(tooltip(tag, text)) or 0)
        self._on = True

    def sync(self) -> None:
        """Now and then, sooner than its delay."""
        on = not dpg.get_value(self._tag)
        if on != self._on:
            self._on = on
            dpg.configure_item(self._tooltip, show=on)


def labelled(label: str, dim_theme: int) -> int:
    """Adds a dim label of fixed width inside an open horizontal group; the widget comes next."""
    text = int(dpg.add_text(label))
    dpg.bind_item_theme(text, dim_theme)
    size = dpg.get_text_size(label)
    dpg.add_spacer(width=max(px(LABEL_WIDTH_PX) - int(size[0] if size else 0), 4))
    return text


def button(label: str, pressed: Callable[[], None], help_text: str = "", width: int = 0) -> int:
    """A button that calls `pressed` without Dear PyGui's arguments. width: px at 100 %, -1 = what is left."""
    width = px(width) if width > 0 else width
    tag = int(dpg.add_button(label=label, width=width, callback=lambda: pressed()))
    if help_text:
        tooltip(tag, help_text)
    return tag


def action_button(action_id: str, label: str, emit: Emit, themes: Themes, width: int = 0) -> int:
    """A button that does an action of `app.actions`, with its tooltip."""
    action = find_action(action_id)
    return button(label, lambda: emit(action.event), themes.keys.explain(action), width)
