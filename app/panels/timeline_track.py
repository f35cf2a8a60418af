"""`Track`: draws the timeline's track, and says which picture is at a place of it."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.history_state import HistoryView
from app.ui.theme import ACCENT, DIM, FRAME, TEXT, WARNING

EDGE_PX = 8  # room for the knob at both ends
BAR_PX = 4
MARK_GAP_PX = 4.0  # nearer ones are left out
KNOB_PX = 7


class Track:
    """Draws into a drawlist; positions are spread evenly over its width."""

    def __init__(self, area: int | str, height: int) -> None:
        self._area = area
        self._middle = height / 2 + 2

    def position_at(self, x: float, view: HistoryView, width: int, snap_px: float) -> int:
        """The picture at x, px from the left; a bookmark that is near wins."""
        for bookmark in view.bookmarks:
            if abs(self._x(bookmark.position, view, width) - x) <= snap_px:
                return bookmark.position
        share = (x - EDGE_PX) / max(width - 2 * EDGE_PX, 1)
        return round(min(max(share, 0.0), 1.0) * (view.count - 1))

    def draw(self, view: HistoryView, width: int, hovered: int | None) -> None:
        """Draws everything anew."""
        dpg.delete_item(self._area, children_only=True)
        self._bar(EDGE_PX, width - EDGE_PX, FRAME)
        if view.count < 2:
            return
        for first, last in view.path:
            self._bar(self._x(max(first - 1, 0), view, width), self._x(last, view, width), (96, 101, 114))
        self._draw_marks(view, width)
        for bookmark in view.bookmarks:
            self._flag(self._x(bookmark.position, view, width))
        if hovered is not None:
            self._knob(self._x(hovered, view, width), KNOB_PX - 2, (*TEXT, 60), (*TEXT, 120))
        if view.viewed is not None:
            self._knob(self._x(view.now, view, width), KNOB_PX - 2, (*FRAME, 255), (*TEXT, 255))
        self._knob(self._x(view.at, view, width), KNOB_PX, (*ACCENT, 255), (*ACCENT, 255))

    def _draw_marks(self, view: HistoryView, width: int) -> None:
        last_x = -MARK_GAP_PX
        for mark in view.marks:
            x = self._x(max(mark.position - 1, 0), view, width)
            if x - last_x >= MARK_GAP_PX:
                last_x = x
                dpg.draw_line(
                    (x, self._middle - 5), (x, self._middle + 5), color=(*DIM, 200), parent=self._area
                )

    def _x(self, position: int, view: HistoryView, width: int) -> float:
        return EDGE_PX + (width - 2 * EDGE_PX) * position / max(view.count - 1, 1)

    def _bar(self, left: float, right: float, colour: tuple[int, ...]) -> None:
        half = BAR_PX / 2
        dpg.draw_rectangle(
            (left, self._middle - half),
            (right, self._middle + half),
            color=(0, 0, 0, 0),
            fill=colour,
            rounding=half,
            parent=self._area,
        )

    def _flag(self, x: float) -> None:
        top = self._middle - 13
        dpg.draw_line((x, top), (x, self._middle + 5), color=(*WARNING, 255), parent=self._area)
        corners = ((x, top), (x + 9, top + 3.5), (x, top + 7))
        dpg.draw_triangle(*corners, color=(*WARNING, 255), fill=(*WARNING, 255), parent=self._area)

    def _knob(self, x: float, radius: float, fill: tuple[int, ...], line: tuple[int, ...]) -> None:
        dpg.draw_circle((x, self._middle), radius, color=line, fill=fill, thickness=1.5, parent=self._area)
