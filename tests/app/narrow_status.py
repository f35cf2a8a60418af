"""Opens the window ever narrower, with long work and a long status, and prints for every width, as JSON,
where the parts of the status line are: [left, right, text], px. A program of its own: Dear PyGui has one
context for each process.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import dearpygui.dearpygui as dpg

from app.keys import KeyMap
from app.settings import Layout, Settings
from app.state import Status
from app.ui.window import MIN_SIZE_PX, Window, WindowOptions
from tests.app.walk_window import full_state, type_of

WIDTHS_PX = (1240, 900, 780, 740, 560, 490, 470, 320)  # at 100 %
SETTLE_FRAMES = 8
SAID = "A sentence that says a lot and goes on and does not end before the line. " * 2


def main() -> None:
    """Argument: the scale."""
    scale = float(sys.argv[1])
    widths = [round(width * scale) for width in WIDTHS_PX if width * scale >= MIN_SIZE_PX[0]]
    layout = Layout(x=0, y=0, width=widths[0], height=1000)
    window = Window(WindowOptions(settings=Settings(layout=layout), scale=scale, display="host"))
    state = full_state(KeyMap())
    state.cursor = (1012.3, 1045.6)
    state.status = Status(SAID)
    task = state.window.tasks[0]
    title = "Opening a-model-with-a-name-that-says-everything.safetensors"
    state.window.tasks = (replace(task, title=title, stage="reading", share=0.4, left_s=3723.0),)
    state.window.scale = scale
    for width in widths:
        dpg.set_viewport_width(width)
        for _ in range(SETTLE_FRAMES):
            window.poll_events()
            window.sync(state)
            window.present(composed=False)
        print(json.dumps({"width": dpg.get_viewport_client_width(), "parts": parts()}))
    window.close()


def parts() -> list[tuple[float, float, str]]:
    """What can be read in the status line."""
    items = [int(item) for item in dpg.get_all_items() if type_of(int(item)) in ("Text", "Button")]
    lines = [line_around(item) for item in items if str(dpg.get_value(item)).startswith(SAID[:9])]
    line = next(line for line in lines if line)
    found: list[tuple[float, float, str]] = []
    for item in items:
        text = str(dpg.get_value(item) if type_of(item) == "Text" else dpg.get_item_label(item))
        state = dpg.get_item_state(item)
        if text and "rect_min" in state and line_around(item) == line and is_shown(item):
            left, width = state["rect_min"][0], state["rect_size"][0]
            found.append((left, left + width, text))
    return found


def line_around(item: int) -> int:
    """The child window that it is in; 0 = in none, or in a tooltip."""
    while item and type_of(item) not in ("ChildWindow", "Tooltip"):
        item = int(dpg.get_item_parent(item) or 0)
    return item if item and type_of(item) == "ChildWindow" else 0


def is_shown(item: int) -> bool:
    """Whether it and all that is around it are."""
    while item:
        if not dpg.is_item_shown(item):
            return False
        item = int(dpg.get_item_parent(item) or 0)
    return True


if __name__ == "__main__":
    main()
