"""`Track`: draws the timeline's track, and says which picture is at a place of it."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.history_state import HistoryView
from app.ui.scale import px
from app.ui.theme import Themes

# At 100 %.
EDGE_PX = 8  # room for the knob at both ends
BAR_PX = 4
MARK_GAP_PX = 4  # nearer ones are left out
MARK_PX = 5  # half a mark's height
FLAG_PX = (9, 7, 13)  # width and height of a flag, and how far above the middle it begins
KNOB_PX = 7
SMALL_KNOB_PX = 5


class Track:
    """Draws into a drawlist; positions are spread evenly over its width."""

    def __init__(self, area: int | str, height: int, themes: Themes) -> None:
        """area: a drawlist of this height, px. themes: the colours of the moment."""
        self._area = area
        self._themes = themes
        self._middle = height / 2 + px(2)

    def position_at(self, x: float, view: HistoryView, width: int, snap_px: float) -> int:
        """The picture at x, px from the left; a bookmark that is near wins."""
        for bookmark in view.bookmarks:
            if abs(self._x(bookmark.position, view, width) - x) <= snap_px:
                return bookmark.position
        edge = px(EDGE_PX)
        share = (x - edge) / max(width - 2 * edge, 1)
        return round(min(max(share, 0.0), 1.0) * (view.count - 1))

    def place_of(self, position: int, view: HistoryView, width: int) -> tuple[float, float]:
        """Where a picture's knob has its middle, px from the track's left and top."""
        return self._x(position, view, width), self._middle

    def draw(self, view: HistoryView, width: int, hovered: int | None) -> None:
        """Draws everything anew."""
        dpg.delete_item(self._area, children_only=True)
        colours = self._themes.colours
        edge, small = px(EDGE_PX), px(SMALL_KNOB_PX)
        self._bar(edge, width - edge, colours.frame)
        if view.count < 2:
            return
        for first, last in view.path:
            self._bar(self._x(max(first - 1, 0), view, width), self._x(last, view, width), colours.grab)
        self._draw_marks(view, width)
        for bookmark in view.bookmarks:
            self._flag(self._x(bookmark.position, view, width))
        if hovered is not None:
            self._knob(self._x(hovered, view, width), small, (*colours.text, 60), (*colours.text, 120))
        if view.viewed is not None:
            self._knob(self._x(view.now, view, width), small, (*colours.frame, 255), (*colours.text, 255))
        self._knob(self._x(view.at, view, width), px(KNOB_PX), (*colours.accent, 255), (*colours.accent, 255))

    def _draw_marks(self, view: HistoryView, width: int) -> None:
        gap, half = px(MARK_GAP_PX), px(MARK_PX)
        last_x = -float(gap)
        for mark in view.marks:
            x = self._x(max(mark.position - 1, 0), view, width)
            if x - last_x >= gap:
                last_x = x
                ends = ((x, self._middle - half), (x, self._middle + half))
                dpg.draw_line(*ends, color=(*self._themes.colours.dim, 200), parent=self._area)

    def _x(self, position: int, view: HistoryView, width: int) -> float:
        edge = px(EDGE_PX)
        return edge + (width - 2 * edge) * position / max(view.count - 1, 1)

    def _bar(self, left: float, right: float, colour: tuple[int, ...]) -> None:
        half = px(BAR_PX) / 2
        dpg.draw_rectangle(
            (left, self._middle - half),
            (right, self._middle + half),
            color=(0, 0, 0, 0),
            fill=colour,
            rounding=half,
            parent=self._area,
        )

    def _flag(self, x: float) -> None:
        width, height, above = (px(length) for length in FLAG_PX)
        colour = (*self._themes.colours.warning, 255)
        top = self._middle - above
        dpg.draw_line((x, top), (x, self._middle + px(MARK_PX)), color=colour, parent=self._area)
        corners = ((x, top), (x + width, top + height / 2), (x, top + height))
        dpg.draw_triangle(*corners, color=colour, fill=colour, parent=self._area)

    def _knob(self, x: float, radius: float, fill: tuple[int, ...], line: tuple[int, ...]) -> None:
        dpg.draw_circle((x, self._middle), radius, color=line, fill=fill, thickness=1.5, parent=self._area)
