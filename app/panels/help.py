"""The help window: what the mouse does and every key, by subject."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.actions import ACTIONS, GROUPS
from app.panels.panel import Emit
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

COLUMN_COUNT = 3
COLUMN_WIDTH_PX = 356
KEYS_WIDTH_PX = 128
GAP_PX = 24
EDGE_PX = 16
HEIGHT_PX = 900
MARGIN_PX = 16  # around it, in a small window

Section = tuple[str, list[tuple[str, str]]]  # title; rows of keys and what they do

MOUSE_HELP: tuple[tuple[str, str], ...] = (
    ("Press and pull", "Grab: the point under the cursor follows"),
    ("Shift + press", "Grab another point; the last one stays as a pin"),
    ("Click, click", "Place: a handle, then its target"),
    ("Drag a point", "Place: move a handle or a target"),
    ("Right click", "Remove the handle under the cursor"),
    ("Wheel", "Zoom about the cursor"),
    ("Ctrl + wheel", "Brush size"),
    ("Middle drag, Space + drag", "Move the picture"),
)


class HelpWindow:
    """Opened with F1 or ?; a window of its own over the picture."""

    title = "Mouse and keys"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._shown = False

    def build(self) -> None:
        """Makes the window, hidden."""
        with inside(
            dpg.window(
                label=self.title,
                show=False,
                no_resize=True,
                no_collapse=True,
                no_saved_settings=True,
                on_close=lambda: self._emit(events.ToggleHelp()),
            )
        ) as self._window:
            hint = self._themes.keys.hint("palette")
            foot = dpg.add_text(
                f"The search finds everything by name{hint}. The settings file can change every key."
            )
            dpg.bind_item_theme(foot, self._themes.dim)
            with inside(dpg.group(horizontal=True, horizontal_spacing=px(GAP_PX))):
                for column in _columns(self._sections()):
                    with inside(dpg.group(width=px(COLUMN_WIDTH_PX))):
                        for title, rows in column:
                            self._add(title, rows)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        if state.show_help == self._shown:
            return
        self._shown = state.show_help
        if state.show_help:
            width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
            wanted = COLUMN_COUNT * COLUMN_WIDTH_PX + (COLUMN_COUNT - 1) * GAP_PX + 2 * EDGE_PX
            room = height - 2 * px(MARGIN_PX)
            size = (min(px(wanted), width), min(px(HEIGHT_PX), room))  # in a small window it scrolls
            position = ((width - size[0]) // 2, (height - size[1]) // 2)
            dpg.configure_item(
                self._window,
                show=True,
                pos=position,
                width=size[0],
                height=size[1],
                horizontal_scrollbar=size[0] < px(wanted),
            )
            dpg.focus_item(self._window)
        else:
            dpg.configure_item(self._window, show=False)

    def _sections(self) -> list[Section]:
        found: list[Section] = [("Mouse", list(MOUSE_HELP))]
        for group in GROUPS:
            rows = [(self._themes.keys.shown(a.id), a.name) for a in ACTIONS if a.group == group]
            found.append((group, [row for row in rows if row[0]]))
        return [section for section in found if section[1]]

    def _add(self, title: str, rows: list[tuple[str, str]]) -> None:
        dpg.add_spacer(height=px(4))
        dpg.bind_item_theme(dpg.add_text(title), self._themes.heading)
        with inside(dpg.table(header_row=False, policy=dpg.mvTable_SizingFixedFit)) as table:
            dpg.add_table_column(width_fixed=True, init_width_or_weight=px(KEYS_WIDTH_PX))
            dpg.add_table_column(
                width_fixed=True, init_width_or_weight=px(COLUMN_WIDTH_PX - KEYS_WIDTH_PX - 16)
            )
            for keys, text in rows:
                with inside(dpg.table_row()):
                    dpg.add_text(keys, wrap=0)
                    dpg.bind_item_theme(dpg.add_text(text, wrap=0), self._themes.dim)
        dpg.bind_item_theme(table, self._themes.dense)


def _columns(sections: list[Section]) -> list[list[Section]]:
    """In their order, each column about as long as the others."""
    lengths = [len(rows) + 2 for _, rows in sections]
    share = sum(lengths) / COLUMN_COUNT
    columns: list[list[Section]] = [[] for _ in range(COLUMN_COUNT)]
    before = 0.0
    for section, length in zip(sections, lengths, strict=True):
        columns[min(int((before + length / 2) / share), COLUMN_COUNT - 1)].append(section)
        before += length
    return columns
