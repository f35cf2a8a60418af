"""The command palette: search all actions by name, do one by Enter or click."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app import events
from app.actions import find_action
from app.panels.panel import Emit, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes
from app.window_state import Found, Palette

ROW_COUNT = 10
WIDTH_PX = 560
TOP_PX = 96
KEYS_WIDTH_PX = 150
GROUP_WIDTH_PX = 90
TOOLTIP_DELAY_S = 1.2  # it covers other lines
LINE_HEIGHT_PX = 28  # of a text with the theme's padding
LINE_WIDTH_PX = 10  # of the column that carries the line itself
PROMPT = "Type what you want to do"
NOTHING = "No action is called like that"
FOOT = "Up and Down choose, Enter does it, Esc closes"


class PaletteWindow:
    """Its text is the state's: keys come as events, so that what is typed before it is drawn is not lost."""

    title = "Search"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._shown: Palette | None = None

    def build(self) -> None:
        """Makes the window, hidden, with a fixed number of rows."""
        with inside(
            dpg.window(
                show=False,
                autosize=True,
                no_title_bar=True,
                no_move=True,
                no_resize=True,
                no_saved_settings=True,
                no_scrollbar=True,
            )
        ) as self._window:
            self._query = int(dpg.add_text(PROMPT))
            dpg.add_spacer(width=px(WIDTH_PX - 32))
            dpg.add_separator()
            name_width = WIDTH_PX - 32 - KEYS_WIDTH_PX - GROUP_WIDTH_PX
            columns = (LINE_WIDTH_PX, name_width, GROUP_WIDTH_PX, KEYS_WIDTH_PX)
            with inside(dpg.table(header_row=False, policy=dpg.mvTable_SizingFixedFit)) as table:
                for width in columns:
                    dpg.add_table_column(width_fixed=True, init_width_or_weight=px(width - 8))
                self._rows = [self._add_row() for _ in range(ROW_COUNT)]
            dpg.bind_item_theme(table, self._themes.picked)
            foot = dpg.add_text(FOOT)
            dpg.bind_item_theme(foot, self._themes.dim)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        palette = state.window.palette
        if palette == self._shown:
            return
        opened = self._shown is None
        self._shown = palette
        if palette is None:
            dpg.configure_item(self._window, show=False)
            return
        if opened:
            left = max((dpg.get_viewport_client_width() - px(WIDTH_PX)) // 2, 0)
            dpg.configure_item(self._window, show=True, pos=(left, px(TOP_PX)))
            dpg.focus_item(self._window)
        self._show(palette)

    def _show(self, palette: Palette) -> None:
        text = f"{palette.query}|" if palette.query else f"|  {PROMPT}"
        dpg.set_value(self._query, text if palette.found else f"{palette.query}|   {NOTHING}")
        dpg.bind_item_theme(self._query, 0 if palette.query else self._themes.dim)
        first = max(min(palette.chosen - ROW_COUNT // 2, len(palette.found) - ROW_COUNT), 0)
        for index, row in enumerate(self._rows, first):
            row.show(palette.found[index] if index < len(palette.found) else None, index, palette.chosen)

    def _add_row(self) -> _Row:
        row = _Row(self._themes, lambda index: self._emit(events.RunFromPalette(index)))
        row.build()
        return row


class _Row:
    """One line: name, group, keys."""

    def __init__(self, themes: Themes, run: Callable[[int], None]) -> None:
        self._themes = themes
        self._run = run
        self._index = 0

    def build(self) -> None:
        """Adds it to the open table."""
        with inside(dpg.table_row()) as self._row:
            # the texts have columns of their own: in the line's they would stand higher than the others
            self._line = int(
                dpg.add_selectable(
                    span_columns=True, height=px(LINE_HEIGHT_PX), callback=lambda: self._run(self._index)
                )
            )
            self._about = tooltip(self._line, "", TOOLTIP_DELAY_S)
            self._name = int(dpg.add_text(""))
            self._group = int(dpg.add_text(""))
            self._keys = int(dpg.add_text(""))
        for tag in (self._group, self._keys):
            dpg.bind_item_theme(tag, self._themes.dim)

    def show(self, found: Found | None, index: int, chosen: int) -> None:
        """found: None = there are not so many."""
        dpg.configure_item(self._row, show=found is not None)
        if found is None:
            return
        self._index = index
        dpg.set_value(self._line, index == chosen)
        dpg.set_value(self._name, found.name)
        dpg.set_value(self._about, self._themes.keys.explain(find_action(found.action_id)))
        dpg.set_value(self._group, found.group)
        dpg.set_value(self._keys, found.keys)
