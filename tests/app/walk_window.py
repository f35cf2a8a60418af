"""Opens the window with something in every panel and prints, as JSON, what its controls are and which of them
nothing explains. A program of its own: Dear PyGui has one context for each process.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase, digits
from typing import Any

import dearpygui.dearpygui as dpg

from app.actions import ACTIONS
from app.dialog_state import WantedModel
from app.history_state import BookmarkView, HistoryView, UnitMark
from app.keys import KeyMap
from app.overlays import DragFacts
from app.recording.choice import RecordingView, RenderingView
from app.state import AppState, HandleView, ModelChoice, Status
from app.task_board import TaskView
from app.ui.scale import px
from app.ui.window import Window, WindowOptions
from app.ui.window_contents import PANELS
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
HALF_SPACING_PX = 4
SECTIONS = ("CollapsingHeader", "TreeNode", "TabButton", "MenuItem")


def full_state(keys: KeyMap) -> AppState:
    """Everything that can be shown is. The pictures of models and of the canvas are left out."""
    state = AppState(picture_size=(64, 64), model_name="walk")
    state.set_handle(HandleView(0, (10.0, 10.0), (20.0, 20.0), 0.5))
    state.set_handle(HandleView(1, (40.0, 30.0), (40.5, 30.0), 0.93))
    state.iteration, state.running, state.mask_painted = 12, True, True
    state.undo_label = state.redo_label = "drag"
    state.cursor = (12.3, 45.6)
    state.status = Status("Dragging: 14.1 px to go", "busy")
    state.models = (
        ModelChoice(Path("a.pkl"), "a.pkl", None, True),
        ModelChoice(Path("b.safetensors"), "b.safetensors", None, False),
    )
    state.models_folder = Path("models")
    state.unfinished = Path("session.json")
    state.losses, state.loss = [0.5, 0.4, 0.45, 0.3, 0.25, 0.2], 0.2
    state.show_help = True
    state.recording = RecordingView(Path("drag.mp4"), 12.0, 3)
    state.rendering = RenderingView(Path("movie.mp4"), "drawing", 0.4, 75.0)
    state.overlays.facts = DragFacts(((16, 64), (32, 64), (64, 32)), 32, (2.0, 4.0))
    state.dialogs.wanted_model = WantedModel(
        "session.json", "cats", "5a" * 32, None, "there is no file at 'cats.pkl'"
    )
    state.dialogs.unwritten = ("picture.png", "movie.mp4")
    state.history.view = HistoryView(
        count=40,
        now=39,
        viewed=20,
        shown=20,
        path=((0, 12), (18, 39)),
        marks=(UnitMark(1, "drag"), UnitMark(13, "drag"), UnitMark(30, "new seed")),
        bookmarks=(BookmarkView("start", 0), BookmarkView("mouth open", 20)),
    )
    window = state.window
    window.settings = replace(window.settings, panels={panel.title: True for panel, _ in PANELS})
    window.notices = window.open_notices = (
        Notice(1, "the disk is full", "Traceback", time="12:00:00"),
        Notice(2, "settings.toml: theme = 'pink' is none", tone="warning", time="12:00:01", count=2),
    )
    window.show_notices = True
    window.palette = Palette(
        "un",
        (
            Found("undo", "Undo", keys.shown("undo"), "History"),
            Found("run", "Start or stop the drag", keys.shown("run"), "Drag"),
        ),
        chosen=1,
    )
    window.tasks = (TaskView(1, "Opening a.pkl", "reading", 0.5, 3.0),)
    return state


def other_keys() -> KeyMap:
    """Every action has a key, and another one than by default."""
    names = [*ascii_uppercase, *digits, *(f"F{number}" for number in range(1, 13))]
    letters = [f"{held}+{name}" for held in ("Alt+Shift", "Ctrl+Alt+Shift") for name in names]
    return KeyMap({action.id: keys for action, keys in zip(ACTIONS, letters[: len(ACTIONS)], strict=True)})


def main() -> None:
    """Prints {"controls": [...], "unexplained": [...], "outside": [...], "texts": [...]}.

    Arguments: the scale; "other" where the keys are not the default ones.
    """
    scale = float(sys.argv[1])
    keys = other_keys() if sys.argv[2:] == ["other"] else KeyMap()
    assert not keys.problems, keys.problems
    state = full_state(keys)
    window = Window(WindowOptions(settings=state.window.settings, scale=scale, display="host", keys=keys))
    state.window.scale = scale
    for _ in range(6):
        window.poll_events()
        window.sync(state)
        window.present(composed=False)
    controls: list[str] = []
    unexplained: list[str] = []
    for root in dpg.get_windows():
        walk(int(root), controls, unexplained)
    found = {"controls": controls, "unexplained": unexplained, "outside": outside(), "texts": texts()}
    print(json.dumps(found))
    window.close()


def walk(container: int, controls: list[str], unexplained: list[str]) -> None:
    """A tooltip is the item right behind the one that it explains."""
    slots: Any = dpg.get_item_children(container)  # Dear PyGui's annotation knows one slot only
    for slot in slots:
        children = children_of(container, slot)
        for at, child in enumerate(children):
            kind = type_of(child)
            following = type_of(children[at + 1]) if at + 1 < len(children) else ""
            if kind.startswith(CONTROLS + SECTIONS):
                name = f"{kind} '{dpg.get_item_label(child)}' of {place_of(child)}"
                controls.append(name)
                if following != "Tooltip":
                    unexplained.append(name)
            if kind != "Tooltip":
                walk(child, controls, unexplained)


def children_of(container: int, slot: int = 1) -> list[int]:
    """Slot 1 holds what is drawn."""
    children: Any = dpg.get_item_children(container, slot)  # Dear PyGui's annotation is wrong
    return [int(child) for child in children]


def place_of(item: int) -> str:
    """The nearest section or window around an item that has a name."""
    above = dpg.get_item_parent(item)
    while above:
        if type_of(above).startswith((*SECTIONS, "WindowAppItem")) and dpg.get_item_label(above):
            return str(dpg.get_item_label(above))
        above = dpg.get_item_parent(above)
    return "the window"


def type_of(item: int) -> str:
    return str(dpg.get_item_type(item)).split("::mv")[-1]


def outside() -> list[str]:
    """Controls that stick out of the right edge of the window, or of the window in it that they are in."""
    found: list[str] = []
    for item in map(int, dpg.get_all_items()):
        if not type_of(item).startswith(CONTROLS) or dpg.get_item_rect_size(item)[0] <= 0:
            continue
        right, edge = dpg.get_item_rect_max(item)[0], right_edge(item)
        if type_of(item) == "Selectable":
            right -= px(HALF_SPACING_PX)  # Dear ImGui lets it reach over half of the space between items
        if right > edge:
            found.append(
                f"{type_of(item)} '{dpg.get_item_label(item)}' of {place_of(item)}: {right} of {edge}"
            )
    return found


def right_edge(item: int) -> float:
    """Of all that is around an item, the nearest to the left."""
    windows: list[int] = []  # the innermost first; each one's place is told within the next
    above = dpg.get_item_parent(item)
    while above:
        if type_of(above) in ("ChildWindow", "WindowAppItem"):
            windows.append(int(above))
        above = dpg.get_item_parent(above)
    edge, left = float(dpg.get_viewport_client_width()), 0.0
    for window in reversed(windows):
        left += dpg.get_item_pos(window)[0]
        edge = min(edge, left + dpg.get_item_rect_size(window)[0])
    return edge


def texts() -> list[str]:
    """All that can be read anywhere, tooltips too."""
    items = [int(item) for item in dpg.get_all_items()]
    said = [str(dpg.get_value(item)) for item in items if type_of(item) == "Text"]
    return said + [str(dpg.get_item_label(item)) for item in items if type_of(item).startswith(CONTROLS)]


if __name__ == "__main__":
    main()
