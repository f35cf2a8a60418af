"""`Window`: Dear PyGui's context and viewport, and the frame's end. What is in it: `app.ui.window_contents`.

Everything here runs on one thread: Dear PyGui's callbacks are queued and run after the frame, so that they
find the GL context and no lock is ever waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import dearpygui.dearpygui as dpg

from app import events
from app.colours import COLOURS
from app.keys import KeyMap
from app.settings import Settings, Theme
from app.state import AppState
from app.ui.display import DisplayChoice, open_display
from app.ui.fonts import Fonts
from app.ui.input import Input
from app.ui.layout import TOOLBAR_HEIGHT_PX
from app.ui.legend import Legend
from app.ui.recording_light import RecordingLight
from app.ui.scale import px
from app.ui.theme import Themes
from app.ui.window_contents import WindowContents, covers_canvas
from app.ui.window_grab import WindowGrab
from app.ui.window_layout import WindowLayout
from render.compositor import Compositor
from render.picture_uploader import PictureUploader

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
            disable_close=True,  # the desktop's button asks, as any other way to close does
            clear_color=(*COLOURS[self._theme].panel, 255),
        )
        dpg.set_exit_callback(lambda: self._emit(events.CloseWindow()))
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._themes = Themes(options.keys, COLOURS[self._theme], options.scale)
        self._fonts = Fonts()
        self._fonts.bind(options.scale)
        dpg.render_dearpygui_frame()  # fonts and the GL context are there from here on
        self._display = open_display(options.display, say, options.open_uploader)
        self._vsync = options.vsync
        self._title = options.title
        self._contents = self._build()
        self._input = Input(self._contents.canvas, options.keys)
        self._legend = Legend()
        self._light = RecordingLight()
        self._grab = WindowGrab(self._emit)

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
        self._contents.follow_size()
        kept = self._layout.changed()
        if kept is not None:
            self._pending.append(kept)
        if not dpg.is_dearpygui_running():  # there is nothing left to ask in
            self._pending.append(events.CloseWindow("at_once"))
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
        is_covered = covers_canvas(state)
        self._contents.sync(state, is_covered)
        canvas = (0, px(TOOLBAR_HEIGHT_PX), *state.viewport.canvas_size)
        self._light.sync(state, canvas, is_covered)
        self._legend.sync(state, canvas, is_covered)
        self._grab.sync(state)

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

    def _emit(self, event: events.Event) -> None:
        self._pending.append(event)

    def _recolour(self, theme: Theme) -> None:
        self._theme = theme
        self._themes.recolour(COLOURS[theme])
        dpg.set_viewport_clear_color([*COLOURS[theme].panel, 255])

    def _rescale(self, scale: float) -> None:
        """The contents are built anew."""
        self._scale = scale
        self._themes.rescale(scale)
        self._fonts.bind(scale)
        dpg.render_dearpygui_frame()  # the font is measured from here on
        self._contents.close()
        self._layout.scale = scale
        self._contents = self._build()
        self._input.canvas = self._contents.canvas

    def _build(self) -> WindowContents:
        return WindowContents(self._emit, self._themes, self._layout, self._display)
