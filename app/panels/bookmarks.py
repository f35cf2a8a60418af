"""Bookmarks: rename, look at, remove, and the blend between two of them."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.history_state import BookmarkView
from app.panels.panel import Emit, Shown, action_button, button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

NAME_WIDTH_PX = 168


class BookmarksPanel:
    """One row for each bookmark; with two of them, a slider between their pictures."""

    title = "Bookmarks"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._listed: tuple[BookmarkView, ...] | None = None
        self._first, self._second = "", ""

    def build(self) -> None:
        """Adds the widgets."""
        action_button("bookmark", "Bookmark this picture", self._emit, self._themes, width=-1)
        with inside(dpg.group()) as self._list:
            pass
        with inside(dpg.group(show=False)) as self._blend:
            dpg.add_spacer(height=px(2))
            self._first_box = self._bookmark_box(
                "Blend from", "The bookmark at the slider's left end (latent code w_plus at 0)"
            )
            self._second_box = self._bookmark_box(
                "to", "The bookmark at the slider's right end (latent code w_plus at 1)"
            )
            slider = dpg.add_slider_float(
                width=-1,
                min_value=0.0,
                max_value=1.0,
                default_value=0.5,
                clamped=True,
                format="%.2f",
                callback=lambda _s, share: self._moved(float(share)),
            )
            tooltip(
                slider,
                "The picture between the two bookmarks (linear in w_plus). It is an edit like any other: "
                "drag on from it, undo it, find it in the timeline",
            )
            self._share = Shown(slider)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        history = state.history
        if history.view.bookmarks != self._listed:
            self._fill(history.view.bookmarks)
        self._share.set(history.blend_share)

    def _bookmark_box(self, label: str, help_text: str) -> int:
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled(label, self._themes.dim)
            box = int(dpg.add_combo((), width=-1, callback=self._chosen))
        tooltip(box, help_text)
        return box

    def _fill(self, bookmarks: tuple[BookmarkView, ...]) -> None:
        """The list is short and changes rarely: it is made anew."""
        self._listed = bookmarks
        dpg.delete_item(self._list, children_only=True)
        for bookmark in bookmarks:
            self._row(bookmark)
        names = [bookmark.name for bookmark in bookmarks]
        dpg.configure_item(self._blend, show=len(names) > 1)
        if len(names) > 1:
            first = self._first if self._first in names else names[0]
            others = [name for name in names if name != first]
            second = self._second if self._second in others else others[-1]
            self._first, self._second = first, second
        for box, chosen in ((self._first_box, self._first), (self._second_box, self._second)):
            dpg.configure_item(box, items=names)
            dpg.set_value(box, chosen)

    def _row(self, bookmark: BookmarkView) -> None:
        name = bookmark.name
        with inside(dpg.group(horizontal=True, parent=self._list)):
            field = dpg.add_input_text(
                default_value=name,
                width=px(NAME_WIDTH_PX),
                on_enter=True,
                callback=lambda _s, text: self._emit(events.RenameBookmark(name, str(text))),
            )
            tooltip(field, f"Picture {bookmark.position}. Type another name and press Enter")
            button("Look", lambda: self._emit(events.JumpToBookmark(name)), "Look at this picture", width=56)
            remove = button(
                "×",
                lambda: self._emit(events.RemoveBookmark(name)),
                "Forget the name; the picture stays in the timeline",
                width=26,
            )
            dpg.bind_item_theme(remove, self._themes.quiet)

    def _chosen(self) -> None:
        self._first, self._second = dpg.get_value(self._first_box), dpg.get_value(self._second_box)

    def _moved(self, share: float) -> None:
        self._emit(events.BlendBookmarks(self._first, self._second, share))
