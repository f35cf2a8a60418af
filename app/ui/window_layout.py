"""`WindowLayout`: size and place of the window, the side panel's width, open sections: restored and noted."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import SectionTooltip, tooltip
from app.settings import Layout, Settings
from app.ui.theme import Themes
from app.window_state import WantedSection

FIRST_SIZE_PX = (1360, 880)  # at 100 %
SCREEN_MARGIN_PX = 80  # for the desktop's bars, where the window has no size of its own yet
SIDE_MIN_PX = 280  # at 100 %
SIDE_MAX_SHARE = 0.6  # of the window's width
SETTLE_FRAMES = 3  # until a section that is opened has its height, and the side panel can scroll so far
LOOK_FRAMES = 10  # asking for every section's state costs something


class WindowLayout:
    """Positions that lie off the screen are not used: the screen may be another one today."""

    def __init__(self, settings: Settings, scale: float, screen: tuple[int, int] | None) -> None:
        layout = settings.layout
        self.scale = scale
        self._side_px = float(layout.side_width)  # at 100 %
        self._panels = dict(settings.panels)
        self._headers: dict[str, int] = {}
        self._tooltips: dict[str, SectionTooltip] = {}  # by title: another scale builds them anew
        self._known = layout
        self._known_panels = dict(settings.panels)
        self._frame = 0
        self._shown: WantedSection | None = None
        self._unsettled_count = 0  # frames until the section that was shown last has its place
        self.grip = 0
        width, height = (round(length * scale) for length in FIRST_SIZE_PX)
        if screen is not None:
            width = min(width, max(screen[0] - SCREEN_MARGIN_PX, 1))
            height = min(height, max(screen[1] - SCREEN_MARGIN_PX, 1))
        self.size = (layout.width or width, layout.height or height)
        self.position = (layout.x, layout.y)
        if screen is not None:
            self.size = (min(self.size[0], screen[0]), min(self.size[1], screen[1]))
            if not (0 <= layout.x < screen[0] - 100 and 0 <= layout.y < screen[1] - 100):
                self.position = (40, 40)

    def side_width(self, window_width: int) -> int:
        """Of the side panel, screen px; follows the mouse while its edge is pulled."""
        if self.grip and dpg.is_item_active(self.grip):
            self._side_px = (window_width - dpg.get_mouse_pos(local=False)[0]) / self.scale
        most = max(window_width * SIDE_MAX_SHARE / self.scale, SIDE_MIN_PX)
        self._side_px = min(max(self._side_px, SIDE_MIN_PX), most)
        return round(self._side_px * self.scale)

    def build_grip(self, themes: Themes) -> None:
        """Adds the edge of the side panel."""
        self.grip = int(dpg.add_button(label="##side"))
        dpg.bind_item_theme(self.grip, themes.grip)
        tooltip(self.grip, "Pull to make the side panel wider or narrower")

    def add_header(self, title: str, is_open: bool) -> int:
        """A section's header, open as it was left. is_open: at the first start."""
        is_open = self._panels.get(title, is_open)
        header = int(dpg.add_collapsing_header(label=title, default_open=is_open))
        self._tooltips[title] = SectionTooltip(header, f"Shows or hides the section {title}")
        self._headers[title] = header
        self._panels[title] = is_open
        return header

    def show_section(self, wanted: WantedSection | None, side: int) -> None:
        """Opens the section that is wanted and scrolls it to the top of the side panel, as far as that goes;
        to be called in every frame."""
        if wanted is None:
            return
        header = self._headers[wanted.title]
        if wanted != self._shown:
            self._shown = wanted
            self._unsettled_count = SETTLE_FRAMES
            dpg.set_value(header, True)
        elif self._unsettled_count:
            self._unsettled_count -= 1
            first = next(iter(self._headers.values()))
            dpg.set_y_scroll(side, dpg.get_item_rect_min(header)[1] - dpg.get_item_rect_min(first)[1])

    def changed(self) -> events.KeepLayout | None:
        """What is to be kept, if it is new."""
        self._frame += 1
        if self._frame % LOOK_FRAMES:
            return None
        for section in self._tooltips.values():
            section.sync()
        x, y = (round(value) for value in dpg.get_viewport_pos())
        layout = Layout(
            x=x,
            y=y,
            width=dpg.get_viewport_width(),
            height=dpg.get_viewport_height(),
            side_width=round(self._side_px),
        )
        self._panels = {title: bool(dpg.get_value(header)) for title, header in self._headers.items()}
        if layout == self._known and self._panels == self._known_panels:
            return None
        self._known, self._known_panels = layout, dict(self._panels)
        return events.KeepLayout(layout, dict(self._panels))
