"""`Window`: Dear PyGui's context, the layout (toolbar, canvas, side panel, status line) and the frame's end.

Everything here runs on one thread: Dear PyGui's callbacks are queued and run after the frame, so that they
find the GL context and no lock is ever waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import dearpygui.dearpygui as dpg

from app import events
from app.keys import KeyMap
from app.panels.drag_params import DragParamsPanel
from app.panels.handles import HandlesPanel
from app.panels.help import HelpWindow
from app.panels.mask import MaskPanel
from app.panels.model import ModelPanel
from app.panels.models import ModelsPanel
from app.panels.panel import Panel
from app.panels.questions import Questions
from app.panels.resume import ResumeOffer
from app.panels.run_controls import RunControls
from app.panels.status import StatusLine
from app.panels.timing import TimingPanel
from app.panels.toolbar import Toolbar
from app.state import AppState
from app.ui.canvas import Canvas
from app.ui.containers import inside
from app.ui.dialogs import is_asking
from app.ui.display import DisplayChoice, open_display
from app.ui.fonts import bind_font
from app.ui.input import Input
from app.ui.layout import SIDE_WIDTH_PX, STATUS_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.ui.theme import PANEL, make_themes
from render.compositor import Compositor
from render.picture_uploader import PictureUploader

# The side panel, top to bottom, with what is open at the start. To add a panel, add it here.
PANELS = (
    (ModelPanel, True),
    (ModelsPanel, False),
    (RunControls, True),
    (HandlesPanel, True),
    (MaskPanel, False),
    (DragParamsPanel, False),
    (TimingPanel, False),
)


@dataclass(frozen=True)
class WindowOptions:
    """How the window opens. size: px, as large as the screen allows. open_uploader: see `open_display`."""

    title: str = "LiveDrag"
    size: tuple[int, int] = (1360, 880)
    display: DisplayChoice = "auto"
    vsync: bool = False
    keys: KeyMap = field(default_factory=KeyMap)
    open_uploader: Callable[[], PictureUploader] | None = None


class Window:
    """The real `Ui` of the app. Make it on the main thread; use it there only."""

    def __init__(self, options: WindowOptions, say: Callable[[str], None] = print) -> None:
        """Opens the window. Raises RenderError where the display that was asked for cannot be had."""
        self._pending: list[events.Event] = []
        dpg.create_context()
        dpg.configure_app(manual_callback_management=True)
        width, height = options.size
        dpg.create_viewport(
            title=options.title,
            width=width,
            height=height,
            min_width=800,
            min_height=520,
            x_pos=40,
            y_pos=40,
            vsync=options.vsync,
            clear_color=(*PANEL, 255),
        )
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._themes = make_themes(options.keys)
        bind_font()
        dpg.render_dearpygui_frame()  # fonts and the GL context are there from here on
        self._display = open_display(options.display, say, options.open_uploader)
        self._vsync = options.vsync
        self._build()
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

    def poll_events(self) -> list[events.Event]:
        """What happened since the last frame."""
        self._follow_size()
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
        for panel in self._panels:
            panel.sync(state)
        self._canvas.show_hint(state.show_hint and state.tool == "grab" and not self._is_covered(state))

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
        return state.show_help or state.unfinished is not None or is_asking()

    def _emit(self, event: events.Event) -> None:
        self._pending.append(event)

    def _build(self) -> None:
        self._toolbar = Toolbar(self._emit, self._themes)
        self._status = StatusLine(self._emit, self._themes)
        self._help = HelpWindow(self._emit, self._themes)
        self._resume = ResumeOffer(self._emit, self._themes)
        self._panels: list[Panel] = [
            *(self._toolbar, self._status, self._help, self._resume),
            Questions(self._emit, self._themes),
        ]
        with inside(dpg.window()) as main:
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._bar:
                self._toolbar.build()
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, no_scroll_with_mouse=True)
            ) as self._stage:
                self._canvas = Canvas(self._display, 0, TOOLBAR_HEIGHT_PX)
            with inside(dpg.child_window(border=False, always_use_window_padding=True)) as self._side:
                self._build_side()
            with inside(
                dpg.child_window(border=False, no_scrollbar=True, always_use_window_padding=True)
            ) as self._line:
                self._status.build()
        self._help.build()
        self._resume.build()
        dpg.bind_item_theme(main, self._themes.bare)
        dpg.bind_item_theme(self._stage, self._themes.bare)
        dpg.bind_item_theme(self._bar, self._themes.bar)
        dpg.bind_item_theme(self._line, self._themes.line)
        dpg.bind_item_theme(self._side, self._themes.side)
        dpg.set_primary_window(main, True)
        dpg.configure_item(main, no_background=True)  # after: making it primary gives the background back
        self._input = Input(self._canvas, self._themes.keys)

    def _build_side(self) -> None:
        for make, is_open in PANELS:
            panel: Panel = make(self._emit, self._themes)
            header = dpg.collapsing_header(label=panel.title, default_open=is_open)
            with inside(header), inside(dpg.group()) as section:
                panel.build()
                dpg.add_spacer(height=6)
            dpg.bind_item_theme(section, self._themes.section)
            self._panels.append(panel)

    def _follow_size(self) -> None:
        size = (dpg.get_viewport_client_width(), dpg.get_viewport_client_height())
        if size == self._size or min(size) < 1:
            return
        self._size = size
        width, height = size
        canvas_width = max(width - SIDE_WIDTH_PX, 64)
        canvas_height = max(height - TOOLBAR_HEIGHT_PX - STATUS_HEIGHT_PX, 64)
        _place(self._bar, 0, 0, width, TOOLBAR_HEIGHT_PX)
        _place(self._stage, 0, TOOLBAR_HEIGHT_PX, canvas_width, canvas_height)
        _place(self._side, canvas_width, TOOLBAR_HEIGHT_PX, SIDE_WIDTH_PX, canvas_height)
        _place(self._line, 0, TOOLBAR_HEIGHT_PX + canvas_height, width, STATUS_HEIGHT_PX)
        self._canvas.resize(canvas_width, canvas_height)
        self._status.place(width)
        self._emit(events.CanvasResized(canvas_width, canvas_height))


def _place(tag: int | str, x: int, y: int, width: int, height: int) -> None:
    dpg.configure_item(tag, pos=(x, y), width=width, height=height)
