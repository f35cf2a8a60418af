"""The help window: what the mouse does and every key."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.actions import ACTIONS, MOUSE_HELP
from app.panels.panel import Emit
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

WIDTH_PX = 960
HEIGHT_PX = 690


class HelpWindow:
    """Opened with F1 or ?; a window of its own over the picture."""

    title = "Mouse and keys"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._shown = False

    def build(self) -> None:
        """Makes the window, hidden."""
        keys = [(shown, action.name) for action in ACTIONS if (shown := self._themes.keys.shown(action.id))]
        half = (len(keys) + len(MOUSE_HELP) + 1) // 2
        columns = ([*MOUSE_HELP, *keys[: half - len(MOUSE_HELP)]], keys[half - len(MOUSE_HELP) :])
        with inside(
            dpg.window(
                label=self.title,
                width=px(WIDTH_PX),
                height=px(HEIGHT_PX),
                show=False,
                no_resize=True,
                no_collapse=True,
                horizontal_scrollbar=True,
                on_close=lambda: self._emit(events.ToggleHelp()),
            )
        ) as self._window:
            dpg.add_spacer(height=px(4))
            with inside(dpg.group(horizontal=True, horizontal_spacing=px(24))):
                for rows in columns:
                    self._column(rows)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        if state.show_help == self._shown:
            return
        self._shown = state.show_help
        if state.show_help:
            width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
            size = (min(px(WIDTH_PX), width), min(px(HEIGHT_PX), height))  # in a small window it scrolls
            position = ((width - size[0]) // 2, (height - size[1]) // 2)
            dpg.configure_item(self._window, show=True, pos=position, width=size[0], height=size[1])
            dpg.focus_item(self._window)
        else:
            dpg.configure_item(self._window, show=False)

    def _column(self, rows: list[tuple[str, str]]) -> None:
        with inside(
            dpg.table(header_row=False, width=px(WIDTH_PX - 60) // 2, policy=dpg.mvTable_SizingStretchProp)
        ):
            dpg.add_table_column(width_fixed=True, init_width_or_weight=px(180))
            dpg.add_table_column()
            for shown, text in rows:
                with inside(dpg.table_row()):
                    dpg.add_text(shown)
                    dpg.bind_item_theme(dpg.add_text(text, wrap=px(260)), self._themes.dim)
