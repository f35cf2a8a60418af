"""Notices over the picture, each with details on demand and Dismiss; and the list of the last ones."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.notice_desk import OPEN_COUNT
from app.panels.panel import Emit, button
from app.state import AppState
from app.ui.containers import inside
from app.ui.layout import STATUS_HEIGHT_PX
from app.ui.scale import px
from app.ui.theme import Themes
from app.window_state import Notice

WIDTH_PX = 420
LIST_SIZE_PX = (620, 420)
DETAILS_HEIGHT_PX = 140
MARGIN_PX = 16


class Notices:
    """Up to three at a time, at the lower left of the picture; made anew when they change, which is rare."""

    title = "Messages"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._open: tuple[Notice, ...] = ()
        self._detailed: set[int] = set()
        self._listed: tuple[Notice, ...] | None = None
        self._list_shown = False
        self._top = -1

    def build(self) -> None:
        """Makes both windows, hidden."""
        with inside(
            dpg.window(
                show=False,
                autosize=True,
                no_title_bar=True,
                no_move=True,
                no_resize=True,
                no_saved_settings=True,
                no_focus_on_appearing=True,
            )
        ) as self._window:
            pass
        with inside(
            dpg.window(
                label="The last messages",
                show=False,
                width=px(LIST_SIZE_PX[0]),
                height=px(LIST_SIZE_PX[1]),
                no_collapse=True,
                on_close=lambda: self._emit(events.ToggleNotices()),
            )
        ) as self._list:
            pass

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        window = state.window
        if window.open_notices != self._open:
            self._open = window.open_notices
            self._fill()
        if self._open:
            self._stay_at_the_bottom()
        if window.show_notices != self._list_shown:
            self._list_shown = window.show_notices
            self._listed = None
            dpg.configure_item(self._list, show=window.show_notices)
            if window.show_notices:
                dpg.focus_item(self._list)
        if self._list_shown and window.notices != self._listed:
            self._listed = window.notices
            self._fill_list()

    def _fill(self) -> None:
        dpg.delete_item(self._window, children_only=True)
        dpg.configure_item(self._window, show=bool(self._open))
        dpg.push_container_stack(self._window)
        for notice in self._open[-OPEN_COUNT:]:
            self._add(notice)
        dpg.pop_container_stack()

    def _add(self, notice: Notice) -> None:
        again = f"  ({notice.count} times)" if notice.count > 1 else ""
        text = dpg.add_text(f"{notice.text}{again}", wrap=px(WIDTH_PX - 32))
        tone = "warning" if notice.tone == "warning" else "error"
        dpg.configure_item(text, color=(*self._themes.colours.of_tone(tone), 255))
        with inside(dpg.group(horizontal=True)):
            button(
                "Dismiss",
                lambda: self._emit(events.DismissNotice(notice.id)),
                f"Takes this message away; {self._where_kept()}",
            )
            if notice.details:
                open_now = notice.id in self._detailed
                button(
                    "Fewer details" if open_now else "Details",
                    lambda: self._toggle_details(notice.id),
                    "Where it came from, for a report of the fault (traceback)",
                )
        if notice.id in self._detailed and notice.details:
            _add_details(notice.details, px(WIDTH_PX - 32))

    def _where_kept(self) -> str:
        key = self._themes.keys.shown("messages")
        return f"the last ones are kept{f': {key}' if key else ''}"

    def _toggle_details(self, notice_id: int) -> None:
        self._detailed ^= {notice_id}
        self._fill()

    def _stay_at_the_bottom(self) -> None:
        """An autosized window knows its height a frame later, and texts may have come or gone."""
        height = dpg.get_item_rect_size(self._window)[1]
        top = dpg.get_viewport_client_height() - int(height) - px(STATUS_HEIGHT_PX + MARGIN_PX)
        if top != self._top:
            self._top = top
            dpg.configure_item(self._window, pos=(px(MARGIN_PX), max(top, 0)))

    def _fill_list(self) -> None:
        dpg.delete_item(self._list, children_only=True)
        dpg.push_container_stack(self._list)
        if not self._listed:
            dpg.bind_item_theme(dpg.add_text("Nothing went wrong so far"), self._themes.dim)
        for notice in reversed(self._listed or ()):
            again = f"  ({notice.count} times)" if notice.count > 1 else ""
            dpg.bind_item_theme(dpg.add_text(f"{notice.time}{again}"), self._themes.dim)
            dpg.add_text(notice.text, wrap=0)
            if notice.details:
                _add_details(notice.details, -1)
            dpg.add_separator()
        dpg.pop_container_stack()


def _add_details(details: str, width: int) -> None:
    """A field, so that its text can be marked and copied."""
    tag = dpg.add_input_text(
        default_value=details, multiline=True, readonly=True, width=width, height=px(DETAILS_HEIGHT_PX)
    )
    with inside(dpg.tooltip(tag, delay=0.8)):
        dpg.add_text("Ctrl+A, Ctrl+C copies it")
