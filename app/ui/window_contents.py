"""`WindowContents`: toolbar, canvas, timeline, side panel, status line, where they are; what floats above."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.bookmarks import BookmarksPanel
from app.panels.closing import ClosingQuestion
from app.panels.drag_params import DragParamsPanel
from app.panels.export import ExportPanel
from app.panels.handles import HandlesPanel
from app.panels.help import HelpWindow
from app.panels.mask import MaskPanel
from app.panels.model import ModelPanel
from app.panels.models import ModelsPanel
from app.panels.notices import Notices
from app.panels.overlays import OverlaysPanel
from app.panels.palette import PaletteWindow
from app.panels.panel import Emit, Panel
from app.panels.questions import Questions
from app.panels.recording import RecordingPanel
from app.panels.resume import ResumeOffer
from app.panels.run_controls import RunControls
from app.panels.session_dialogs import SessionDialogs
from app.panels.status import StatusLine
from app.panels.timeline import Timeline
from app.panels.timing import TimingPanel
from app.panels.toolbar import Toolbar
from app.state import AppState
from app.ui.canvas import Canvas
from app.ui.containers import inside
from app.ui.dialogs import is_asking
from app.ui.display import Display
from app.ui.layout import GRIP_WIDTH_PX, STATUS_HEIGHT_PX, TIMELINE_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.ui.scale import px
from app.ui.theme import Themes
from app.ui.window_layout import WindowLayout

# The side panel, top to bottom, with what is open at the start. To add a panel, add it here.
PANELS = (
    (ModelPanel, True),
    (ModelsPanel, False),
    (BookmarksPanel, False),  # above what changes its height: its slider must not move under the mouse
    (RunControls, True),
    (HandlesPanel, True),
    (MaskPanel, False),
    (OverlaysPanel, False),
    (RecordingPanel, False),
    (ExportPanel, False),
    (DragParamsPanel, False),
    (TimingPanel, False),
)

# What lies above all that, or asks in windows of its own; `covers_canvas` says whether any of it is shown.
FLOATING = (
    *(HelpWindow, ResumeOffer, SessionDialogs, ClosingQuestion),
    *(Notices, PaletteWindow, Questions),
)


class WindowContents:
    """Another scale takes another one: widths and drawings are made for one size of text."""

    def __init__(self, emit: Emit, themes: Themes, layout: WindowLayout, display: Display) -> None:
        """Builds everything, and gives it its place. emit: takes what the panels and the layout tell."""
        self._emit = emit
        self._themes = themes
        self._layout = layout
        self._size = (0, 0, 0)  # of the window, and the side panel's width
        self._toolbar = Toolbar(emit, themes)
        self._status = StatusLine(emit, themes)
        self._timeline = Timeline(emit, themes)
        self._panels: list[Panel] = [self._toolbar, self._status, self._timeline]
        self._build(display)
        self.follow_size()

    @property
    def canvas(self) -> Canvas:
        """Where the picture is."""
        return self._canvas

    def sync(self, state: AppState, is_covered: bool) -> None:
        """Lets every panel show the state. is_covered: something floats over the canvas."""
        for panel in self._panels:
            panel.sync(state)
        self._layout.show_section(state.window.wanted_section, self._side)
        self._canvas.show_hint(state.show_hint and state.tool == "grab" and not is_covered)

    def follow_size(self) -> None:
        """Gives everything its place, where the window or its side panel has another size now."""
        width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        side = self._layout.side_width(width)
        if (width, height, side) == self._size or min(width, height) < 1:
            return
        self._size = (width, height, side)
        top, strip, line = px(TOOLBAR_HEIGHT_PX), px(TIMELINE_HEIGHT_PX), px(STATUS_HEIGHT_PX)
        canvas_width = max(width - side, 64)
        canvas_height = max(height - top - strip - line, 64)
        body_height = canvas_height + strip
        grip = px(GRIP_WIDTH_PX)
        _place(self._bar, 0, 0, width, top)
        _place(self._stage, 0, top, canvas_width, canvas_height)
        _place(self._strip, 0, top + canvas_height, canvas_width, strip)
        _place(self._layout.grip, canvas_width, top, grip, body_height)
        _place(self._side, canvas_width + grip, top, side - 2 * grip, body_height)  # even margins
        _place(self._line, 0, top + body_height, width, line)
        self._canvas.resize(0, top, canvas_width, canvas_height)
        self._toolbar.place(width)
        self._status.place(width)
        self._timeline.place(canvas_width)
        self._emit(events.CanvasResized(canvas_width, canvas_height))

    def close(self) -> None:
        """Takes everything out of the window."""
        self._canvas.close()
        self._timeline.close()
        for root in dpg.get_windows():  # registries and themes are among them
            if str(dpg.get_item_type(root)).endswith("mvWindowAppItem"):
                dpg.delete_item(root)

    def _build(self, display: Display) -> None:
        with inside(dpg.window()) as main:
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._bar:
                self._toolbar.build()
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, no_scroll_with_mouse=True)
            ) as self._stage:
                self._canvas = Canvas(display)
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._strip:
                self._timeline.build()
            self._layout.build_grip(self._themes)
            with inside(dpg.child_window(border=False, always_use_window_padding=True)) as self._side:
                self._build_side()
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._line:
                self._status.build()
        for make in FLOATING:
            panel: Panel = make(self._emit, self._themes)
            panel.build()
            self._panels.append(panel)
        dpg.bind_item_theme(main, self._themes.bare)
        dpg.bind_item_theme(self._stage, self._themes.bare)
        dpg.bind_item_theme(self._bar, self._themes.bar)
        dpg.bind_item_theme(self._line, self._themes.line)
        dpg.bind_item_theme(self._strip, self._themes.line)
        dpg.bind_item_theme(self._side, self._themes.side)
        dpg.set_primary_window(main, True)
        dpg.configure_item(main, no_background=True)  # after: making it primary gives the background back

    def _build_side(self) -> None:
        for make, is_open in PANELS:
            panel: Panel = make(self._emit, self._themes)
            header = self._layout.add_header(panel.title, is_open)
            with inside(dpg.group(parent=header)) as section:
                panel.build()
                dpg.add_spacer(height=px(6))
            dpg.bind_item_theme(section, self._themes.section)
            self._panels.append(panel)


def covers_canvas(state: AppState) -> bool:
    """Whether a window of ours may lie over the canvas: what is drawn over it is in front of everything."""
    window = state.window
    return (
        state.show_help
        or state.unfinished is not None
        or state.dialogs.wanted_model is not None
        or bool(state.dialogs.unwritten)
        or window.palette is not None
        or bool(window.open_notices)
        or window.show_notices
        or is_asking()
    )


def _place(tag: int | str, x: int, y: int, width: int, height: int) -> None:
    dpg.configure_item(tag, pos=(x, y), width=width, height=height)
