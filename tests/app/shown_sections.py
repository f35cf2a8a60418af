"""Opens a low window with all sections closed, asks for one after the other, and prints for each, as JSON,
where it is then. A program of its own: Dear PyGui has one context for each process.
"""

from __future__ import annotations

import json
import sys

import dearpygui.dearpygui as dpg

from app.keys import KeyMap
from app.sections import SECTIONS
from app.settings import Layout, Settings
from app.state import AppState
from app.ui.window import MIN_SIZE_PX, Window, WindowOptions
from app.window_state import WantedSection
from tests.app.walk_window import children_of, full_state, type_of

SETTLE_FRAMES = 8


def main() -> None:
    """Argument: the scale."""
    scale = float(sys.argv[1])
    layout = Layout(x=0, y=0, width=round(1000 * scale), height=MIN_SIZE_PX[1])
    settings = Settings(layout=layout, panels={section.title: False for section in SECTIONS})
    window = Window(WindowOptions(settings=settings, scale=scale, display="host"))
    state = full_state(KeyMap())
    state.show_help, state.window.scale = False, scale
    show(window, state)
    headers = {str(dpg.get_item_label(i)): int(i) for i in dpg.get_all_items() if is_header(int(i))}
    titles = [section.title for section in SECTIONS]
    for number, title in enumerate([*titles, *reversed(titles)], 1):
        state.window.wanted_section = WantedSection(title, number)
        show(window, state)
        header = headers[title]
        side = int(dpg.get_item_parent(header) or 0)
        content = children_of(header)[0]
        found = {
            "title": title,
            "is_open": bool(dpg.get_value(header)),
            "top": dpg.get_item_rect_min(header)[1],
            "bottom": dpg.get_item_rect_min(content)[1] + dpg.get_item_rect_size(content)[1],
            "side": [dpg.get_item_pos(side)[1], dpg.get_item_pos(side)[1] + dpg.get_item_rect_size(side)[1]],
        }
        dpg.set_y_scroll(side, 0)  # a person scrolls on
        show(window, state)
        print(json.dumps({**found, "lets_scroll": dpg.get_y_scroll(side) == 0}))
    window.close()


def show(window: Window, state: AppState) -> None:
    """Some frames."""
    for _ in range(SETTLE_FRAMES):
        window.poll_events()
        window.sync(state)
        window.present(composed=False)


def is_header(item: int) -> bool:
    """Whether it is a section's."""
    return type_of(item) == "CollapsingHeader"


if __name__ == "__main__":
    main()
