"""`Window`: Dear PyGui's context, the layout (toolbar, canvas, side panel, status line) and the frame's end.

Everything here runs on one thread: Dear PyGui's callbacks are queued and run after the frame, so that they
find the GL context and no lock is ever waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dearpygui.dearpygui as dpg
import numpy as np

from app import events
from app.colours import COLOURS
from app.keys import KeyMap
from app.panels.bookmarks import BookmarksPanel
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
from app.panels.panel import Panel
from app.panels.questions import Questions
from app.panels.recording import RecordingPanel
from app.panels.resume import ResumeOffer
from app.panels.run_controls import RunControls
from app.panels.session_dialogs import SessionDialogs
from app.panels.status import StatusLine
from app.panels.timeline import Timeline
from app.panels.timing import TimingPanel
from app.panels.toolbar import Toolbar
from app.settings import Settings, Theme
from app.state import AppState
from app.ui.canvas import Canvas
from app.ui.containers import inside
from app.ui.dialogs import is_asking
from app.ui.display import DisplayChoice, open_display
from app.ui.fonts import Fonts
from app.ui.input import Input
from app.ui.layout import GRIP_WIDTH_PX, STATUS_HEIGHT_PX, TIMELINE_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.ui.legend import Legend
from app.ui.recording_light import RecordingLight
from app.ui.scale import px
from app.ui.theme import Themes
from app.ui.window_layout import WindowLayout
from render.compositor import Compositor
from render.picture_uploader import PictureUploader

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

# What lies above all that, or asks in windows of its own.
FLOATING = (HelpWindow, ResumeOffer, SessionDialogs, Notices, PaletteWindow, Questions)

MIN_SIZE_PX = (800, 520)


@dataclass(frozen=True)
class WindowOptions:
    """How the window opens. settings: theme, layout and open panels are read. screen_size: px, None = not
    known. open_uploader: see `open_display`.
    """

    title: str = "LiveDrag"
    display: DisplayChoice = "auto"
    vsync: bool = False
    keys: KeyMap = field(default_factory=KeyMap)
    settings: Settings = field(default_factory=Settings)
    scale: float = 1.0
    screen_size: tuple[int, int] | None = None
    open_uploader: Callable[[], PictureUploader] | None = None


class Window:
    """The real `Ui` of the app. Make it on the main thread; use it there only."""

    def __init__(self, options: WindowOptions, say: Callable[[str], None] = print) -> None:
        """Opens the window. Raises RenderError where the display that was asked for cannot be had."""
        self._pending: list[events.Event] = []
        self._layout = WindowLayout(options.settings, options.scale, options.screen_size)
        self._theme, self._scale = options.settings.theme, options.scale
        dpg.create_context()
        dpg.configure_app(manual_callback_management=True)
        width, height = self._layout.size
        dpg.create_viewport(
            title=options.title,
            width=width,
            height=height,
            min_width=MIN_SIZE_PX[0],
            min_height=MIN_SIZE_PX[1],
            x_pos=self._layout.position[0],
            y_pos=self._layout.position[1],
            vsync=options.vsync,
            clear_color=(*COLOURS[self._theme].panel, 255),
        )
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._themes = Themes(options.keys, COLOURS[self._theme], options.scale)
        self._fonts = Fonts()
        self._fonts.bind(options.scale)
        dpg.render_dearpygui_frame()  # fonts and the GL context are there from here on
        self._display = open_display(options.display, say, options.open_uploader)
        self._vsync = options.vsync
        self._title = options.title
        self._build()
        self._input = Input(self._canvas, options.keys)
        self._legend = Legend()
        self._light = RecordingLight()
        self._is_grabbing = False
        self._size = (0, 0)
        self._follow_size()

    @property
    def compositor(self) -> Compositor:
        """Composes the canvas."""
        return self._display.compositor

    @property
    def display_name(self) -> str:
        """What draws the picture."""
        return self._display.name

    @property
    def takes_device_pictures(self) -> bool:
        """Whether pictures may stay in the GPU's memory."""
        return self._display.takes_device_pictures

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        """From the next picture on, this takes the pictures: they come from another device."""
        self._display.use_uploader(open_uploader)

    def poll_events(self) -> list[events.Event]:
        """What happened since the last frame."""
        self._follow_size()
        kept = self._layout.changed()
        if kept is not None:
            self._pending.append(kept)
        if not dpg.is_dearpygui_running():
            self._pending.append(events.CloseWindow())
        polled = self._pending + self._input.poll()
        self._pending = []
        return polled

    def sync(self, state: AppState) -> None:
        """Lets every panel show the state."""
        if state.vsync != self._vsync:
            self._vsync = state.vsync
            dpg.set_viewport_vsync(state.vsync)  # Dear PyGui sets the swap interval anew in every frame
        if state.window.settings.theme != self._theme:
            self._recolour(state.window.settings.theme)
        if state.window.scale != self._scale:
            self._rescale(state.window.scale)
        self._input.in_palette = state.window.palette is not None
        title = f"LiveDrag: {state.model_name}"
        if title != self._title:
            self._title = title
            dpg.set_viewport_title(title)
        for panel in self._panels:
            panel.sync(state)
        is_covered = self._is_covered(state)
        self._canvas.show_hint(state.show_hint and state.tool == "grab" and not is_covered)
        canvas = (0, px(TOOLBAR_HEIGHT_PX), *state.viewport.canvas_size)
        self._light.sync(state, canvas, is_covered)
        self._legend.sync(state, canvas, is_covered)
        self._grab(state)

    def present(self, composed: bool) -> None:
        """Draws the frame, then runs the callbacks that it caused."""
        if not dpg.is_dearpygui_running():
            return
        self._display.before_present(composed)
        dpg.render_dearpygui_frame()
        dpg.run_callbacks(dpg.get_callback_queue())

    def close(self) -> None:
        """Closes the window."""
        self._display.close()
        dpg.destroy_context()

    @staticmethod
    def _is_covered(state: AppState) -> bool:
        """Whether a window of ours may lie over the canvas: the hint is drawn in front of everything."""
        window = state.window
        return (
            state.show_help
            or state.unfinished is not None
            or state.dialogs.wanted_model is not None
            or window.palette is not None
            or bool(window.open_notices)
            or window.show_notices
            or is_asking()
        )

    def _emit(self, event: events.Event) -> None:
        self._pending.append(event)

    def _recolour(self, theme: Theme) -> None:
        self._theme = theme
        self._themes.recolour(COLOURS[theme])
        dpg.set_viewport_clear_color([*COLOURS[theme].panel, 255])

    def _rescale(self, scale: float) -> None:
        """Everything is built anew: widths and drawings are made for one size of text."""
        self._scale = scale
        self._themes.rescale(scale)
        self._fonts.bind(scale)
        dpg.render_dearpygui_frame()  # the font is measured from here on
        self._canvas.close()
        self._timeline.close()
        for root in dpg.get_windows():  # registries and themes are among them
            if str(dpg.get_item_type(root)).endswith("mvWindowAppItem"):
                dpg.delete_item(root)
        self._layout.scale = scale
        self._build()
        self._input.canvas = self._canvas
        self._size = (0, 0)
        self._follow_size()

    def _build(self) -> None:
        self._toolbar = Toolbar(self._emit, self._themes)
        self._status = StatusLine(self._emit, self._themes)
        self._timeline = Timeline(self._emit, self._themes)
        self._panels: list[Panel] = [self._toolbar, self._status, self._timeline]
        with inside(dpg.window()) as main:
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._bar:
                self._toolbar.build()
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, no_scroll_with_mouse=True)
            ) as self._stage:
                self._canvas = Canvas(self._display)
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

    def _grab(self, state: AppState) -> None:
        """Asks for the window's pixels, where a screenshot is wanted: 90 ms, but only then."""
        if state.wants_grab and not self._is_grabbing:
            dpg.output_frame_buffer(callback=self._grabbed)
        self._is_grabbing = state.wants_grab

    def _grabbed(self, _sender: int, buffer: Any) -> None:
        height, width = buffer.get_height(), buffer.get_width()
        pixels = np.frombuffer(buffer, np.float32).reshape(height, width, 4)[..., :3]
        self._emit(events.WindowGrabbed(np.rint(pixels * 255).astype(np.uint8)))

    def _build_side(self) -> None:
        for make, is_open in PANELS:
            panel: Panel = make(self._emit, self._themes)
            header = self._layout.add_header(panel.title, is_open)
            with inside(dpg.group(parent=header)) as section:
                panel.build()
                dpg.add_spacer(height=px(6))
            dpg.bind_item_theme(section, self._themes.section)
            self._panels.append(panel)

    def _follow_size(self) -> None:
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


def _place(tag: int | str, x: int, y: int, width: int, height: int) -> None:
    dpg.configure_item(tag, pos=(x, y), width=width, height=height)
