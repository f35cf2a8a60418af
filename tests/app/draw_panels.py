"""Opens the window with something in every panel and writes a PNG of each one that is asked for: sections of
the side panel, bars, and what lies over them.

A program of its own: Dear PyGui has one context for each process.

Nothing in them comes from a generator: there are no thumbnails, and the canvas is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app import events
from app.keys import KeyMap
from app.picture_scene import background_of
from app.settings import Layout, Settings, Theme
from app.state import AppState, Spread, Status, Timing
from app.ui.layout import STATUS_HEIGHT_PX, TIMELINE_HEIGHT_PX, TOOLBAR_HEIGHT_PX
from app.ui.scale import px
from app.ui.window import Window, WindowOptions
from render.scene import Scene
from tests.app.walk_window import children_of, full_state, type_of

# At 100 %: high enough for the longest section; wide enough for the help, which no screen is at 250 %.
WIDTH_PX, NARROW_PX, HEIGHT_PX = 1240, 900, 1100
MARGIN_PX = 6  # around a section
PLACE_PX = 20  # of the window on the screen: the mouse rests at the screen's corner, over nothing
SETTLE_FRAMES = 5  # windows that size themselves need some

Pixels = NDArray[np.uint8]
LONG = (
    'settings.toml: theme = \'pink\': allowed is "dark" or "light"; the default is used until it is mended, '
    "and the file is left as it is"
)


@dataclass
class Shots:
    """The open window, and where pictures of it go. wanted: names of those that are asked for."""

    window: Window
    folder: Path
    wanted: frozenset[str]
    settings: Settings
    scale: float
    canvas_size: tuple[int, int] = (1, 1)

    def state(self) -> AppState:
        """Every section has something to show, and nothing lies over the window."""
        state = full_state(KeyMap())
        state.unfinished, state.show_help, state.dialogs.wanted_model = None, False, None
        state.dialogs.unwritten = ()
        state.show_hint = False
        window = state.window
        window.settings, window.scale = self.settings, self.scale
        window.open_notices, window.show_notices, window.palette, window.tasks = (), False, None, ()
        state.quality, state.preview = "preview", "unknown"
        state.timing = Timing(
            *(16.7, 4.0, 31.0),
            *(Spread(16.7, 18.2), Spread(31.0, 44.9), Spread(12.4, 20.0)),
            *(Spread(17.1, 30.3), Spread(33.0, 52.5), None),
        )
        return state

    def settled(self, state: AppState) -> Pixels:
        """The whole window with this state."""
        for _ in range(SETTLE_FRAMES):
            self._frame(state)
        canvas = Scene(self.canvas_size, state.viewport.view(), background=background_of(state))
        self.window.compositor.compose(canvas)
        self.window.present(composed=True)
        state.wants_grab = True
        while True:
            for event in self._frame(state):
                if isinstance(event, events.WindowGrabbed):
                    state.wants_grab = False
                    self._frame(state)
                    return event.pixels

    def _frame(self, state: AppState) -> list[events.Event]:
        polled = self.window.poll_events()
        for event in polled:
            if isinstance(event, events.CanvasResized):
                self.canvas_size = (event.width, event.height)
        state.viewport = state.viewport.resized(self.canvas_size, state.picture_size)
        self.window.sync(state)
        self.window.present(composed=False)
        return polled

    def save(self, name: str, pixels: Pixels, rect: tuple[float, float, float, float]) -> None:
        """Saves a picture that is wanted. rect: left, top, right, bottom, px of the window."""
        if name not in self.wanted:
            return
        left, top, right, bottom = (round(edge) for edge in rect)
        Image.fromarray(pixels[max(top, 0) : bottom, max(left, 0) : right]).save(self.folder / f"{name}.png")


def draw_sections(shots: Shots) -> None:
    """Each section of the side panel alone, with all that can be unfolded in it."""
    items = [int(item) for item in dpg.get_all_items()]
    headers = [item for item in items if type_of(item) == "CollapsingHeader"]
    for node in (item for item in items if type_of(item) == "TreeNode"):
        dpg.set_value(node, True)
    for header in headers:
        name = str(dpg.get_item_label(header)).lower()
        if name not in shots.wanted:
            continue
        for other in headers:
            dpg.set_value(other, other == header)
        pixels = shots.settled(shots.state())
        content = children_of(header)[0]
        left, top = dpg.get_item_rect_min(header)
        right, below = dpg.get_item_rect_max(header)[0], dpg.get_item_rect_min(content)[1]
        bottom = below + dpg.get_item_rect_size(content)[1]
        margin = px(MARGIN_PX)
        rect = (left - margin, top - margin, right + margin, bottom)
        shots.save(name, pixels, rect)


def draw_bars(shots: Shots) -> None:
    """Toolbar, timeline and status line around the canvas."""
    state = shots.state()
    pixels = shots.settled(state)
    height, width = pixels.shape[:2]
    top, strip, line = px(TOOLBAR_HEIGHT_PX), px(TIMELINE_HEIGHT_PX), px(STATUS_HEIGHT_PX)
    status = (0, height - line, width, height)
    shots.save("toolbar", pixels, (0, 0, width, top))
    shots.save("timeline", pixels, (0, height - line - strip, shots.canvas_size[0], height - line))
    shots.save("status", pixels, status)
    if "status-task" in shots.wanted:
        state.window.tasks = full_state(KeyMap()).window.tasks
        shots.save("status-task", shots.settled(state), status)
    if "status-long" in shots.wanted:
        state.status = Status(LONG, "error")
        task = full_state(KeyMap()).window.tasks[0]
        state.window.tasks = (
            replace(task, title="Opening a-model-with-a-name-that-says-everything.safetensors"),
        )
        shots.save("status-long", shots.settled(state), status)


def show_help(state: AppState, full: AppState) -> None:
    state.show_help = full.show_help


def show_resume(state: AppState, full: AppState) -> None:
    state.unfinished = full.unfinished


def show_wanted_model(state: AppState, full: AppState) -> None:
    state.dialogs.wanted_model = full.dialogs.wanted_model


def show_closing(state: AppState, full: AppState) -> None:
    state.dialogs.unwritten = full.dialogs.unwritten


def show_closing_on_many(state: AppState, full: AppState) -> None:
    state.dialogs.unwritten = tuple(f"livedrag-picture-{number:02}.png" for number in range(60))


def show_notices(state: AppState, full: AppState) -> None:
    state.window.open_notices = full.window.open_notices


def show_messages(state: AppState, full: AppState) -> None:
    state.window.show_notices = True


def show_palette(state: AppState, full: AppState) -> None:
    state.window.palette = full.window.palette


FLOATING: dict[str, Callable[[AppState, AppState], None]] = {
    "help": show_help,
    "resume": show_resume,
    "wanted-model": show_wanted_model,
    "closing": show_closing,
    "closing-many": show_closing_on_many,
    "notices": show_notices,
    "messages": show_messages,
    "palette": show_palette,
}


def draw_floating(shots: Shots) -> None:
    """Each window that lies over the rest, alone."""
    for name, show in FLOATING.items():
        if name not in shots.wanted:
            continue
        state = shots.state()
        show(state, full_state(KeyMap()))
        pixels = shots.settled(state)
        (window,) = (item for item in map(int, dpg.get_windows()) if is_over(item))
        (left, top), (width, height) = dpg.get_item_pos(window), dpg.get_item_rect_size(window)
        shots.save(name, pixels, (left, top, left + width, top + height))


def is_over(item: int) -> bool:
    """Whether it is a window that is shown, other than the one that fills the viewport."""
    if type_of(item) != "WindowAppItem" or not dpg.is_item_shown(item):
        return False
    return dpg.get_item_rect_size(item)[0] < dpg.get_viewport_client_width()


def main() -> None:
    """Arguments: the folder for the pictures, theme, scale, names."""
    folder, theme, scale = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    chosen: Theme = "light" if theme == "light" else "dark"
    width = WIDTH_PX if scale == 1 else NARROW_PX
    settings = replace(
        full_state(KeyMap()).window.settings,
        theme=chosen,
        layout=Layout(x=PLACE_PX, y=PLACE_PX, width=round(width * scale), height=round(HEIGHT_PX * scale)),
    )
    window = Window(WindowOptions(settings=settings, scale=scale, display="auto"))
    shots = Shots(window, folder, frozenset(sys.argv[4:]), settings, scale)
    draw_sections(shots)
    draw_bars(shots)
    draw_floating(shots)
    window.close()


if __name__ == "__main__":
    main()
