"""Opens the window with something in every panel and prints, as JSON, what its controls are and which of them
nothing explains. A program of its own: Dear PyGui has one context for each process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from app.settings import Settings
from app.state import AppState, HandleView, ModelChoice
from app.task_board import TaskView
from app.ui.window import Window, WindowOptions
from app.window_state import Found, Notice, Palette

CONTROLS = (
    "Button",
    "Input",
    "Slider",
    "Drag",
    "Combo",
    "Checkbox",
    "Selectable",
    "Radio",
    "Listbox",
    "Color",
)
SECTIONS = ("CollapsingHeader", "TreeNode", "TabButton", "MenuItem")


def full_state() -> AppState:
    """Everything that can be shown is."""
    state = AppState(picture_size=(64, 64), model_name="walk")
    state.set_handle(HandleView(0, (10.0, 10.0), (20.0, 20.0), 0.5))
    state.models = (ModelChoice(Path("a.pkl"), "a.pkl", None, True),)
    state.models_folder = Path("models")
    state.unfinished = Path("session.json")
    state.losses = [0.5, 0.4]
    state.show_help = True
    window = state.window
    window.notices = window.open_notices = (Notice(1, "the disk is full", "Traceback"),)
    window.show_notices = True
    window.palette = Palette("un", (Found("undo", "Undo", "Ctrl+Z", "History"),))
    window.tasks = (TaskView(1, "Opening a.pkl", "reading", 0.5, 3.0),)
    return state


def main() -> None:
    """Prints {"controls": [...], "unexplained": [...], "outside": [...]}."""
    scale = float(sys.argv[1])
    window = Window(WindowOptions(settings=Settings(), scale=scale, display="host"))
    state = full_state()
    state.window.scale = scale
    for _ in range(6):
        window.poll_events()
        window.sync(state)
        window.present(composed=False)
    controls: list[str] = []
    unexplained: list[str] = []
    for root in dpg.get_windows():
        walk(int(root), controls, unexplained)
    print(json.dumps({"controls": controls, "unexplained": unexplained, "outside": outside()}))
    window.close()


def walk(container: int, controls: list[str], unexplained: list[str]) -> None:
    """A tooltip is the item right behind the one that it explains."""
    slots: Any = dpg.get_item_children(container)  # Dear PyGui's annotation knows one slot only
    for slot in slots.values():
        children = [int(child) for child in slot]
        for at, child in enumerate(children):
            kind = type_of(child)
            following = type_of(children[at + 1]) if at + 1 < len(children) else ""
            if kind.startswith(CONTROLS + SECTIONS):
                name = f"{kind} '{dpg.get_item_label(child)}'"
                controls.append(name)
                if following != "Tooltip":
                    unexplained.append(name)
            if kind != "Tooltip":
                walk(child, controls, unexplained)


def type_of(item: int) -> str:
    return str(dpg.get_item_type(item)).split("::mv")[-1]


def outside() -> list[str]:
    """Buttons that are shown and stick out of the window's right edge."""
    width = dpg.get_viewport_client_width()
    found: list[str] = []
    for item in dpg.get_all_items():
        if type_of(int(item)) == "Button" and dpg.is_item_visible(item):
            right = dpg.get_item_rect_max(item)[0]
            if right > width:
                found.append(f"{dpg.get_item_label(item)} ends at {right} of {width}")
    return found


if __name__ == "__main__":
    main()
