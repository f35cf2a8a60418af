"""The status line names the keys that the settings give, not those that the actions have by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app import events
from app.app import App, Comfort
from app.history_state import HistoryView
from app.keys import KeyMap
from tests.app.fakes import make_app
from tests.app.hand import press, pull, release

OTHER = {
    "cancel": "F3",
    "run": "F4",
    "go_on_from_here": "F5",
    "bookmark": "F6",
    "movable": "F7",
    "fixed": "Ctrl+F7",
}
NONE = dict.fromkeys(OTHER, "")


def grab(app: App) -> None:
    press(app, 20, 30)


def place(app: App) -> None:
    app.apply(events.ChooseTool("place"))
    press(app, 20, 30)
    release(app, 20, 30)


def place_both(app: App) -> None:
    place(app)
    pull(app, (40, 30), (40, 30))


def look_back(app: App) -> None:
    app.state.history.view = replace(HistoryView(), count=9, now=8)
    app.apply(events.ViewPicture(3))


def blend(app: App) -> None:
    app.apply(events.BlendBookmarks("a", "a", 0.5))


def show_no_mask(app: App) -> None:
    app.apply(events.ToggleOverlay("mask"))
    app.apply(events.ToggleOverlay("mask"))


@pytest.mark.parametrize(
    ("do", "default", "other"),
    [
        (grab, ["(Esc)"], ["(F3)"]),
        (place, ["(Esc)"], ["(F3)"]),
        (place_both, ["(Space)"], ["(F4)"]),
        (look_back, ["(Enter)"], ["(F5)"]),
        (blend, ["(M)"], ["(F6)"]),
        (show_no_mask, ["(B)", "(N)"], ["(F7)", "(Ctrl+F7)"]),
    ],
)
def test_the_status_line_names_the_key_of_the_settings(
    do: Callable[[App], None], default: list[str], other: list[str]
) -> None:
    said: dict[str, str] = {}
    for name, chosen in (("default", {}), ("other", OTHER), ("none", NONE)):
        app, _, _ = make_app(comfort=Comfort(KeyMap(chosen)))
        do(app)
        said[name] = app.state.status.text
    for key, changed in zip(default, other, strict=True):
        assert key in said["default"]
        assert key not in said["other"]
        assert changed in said["other"]
    assert "(" not in said["none"]


def test_hints_are_the_first_keys_in_brackets() -> None:
    keys = KeyMap({"bookmark": ""})
    assert keys.hint("fit", "undo") == " (F, Ctrl+Z)"
    assert keys.hint("bookmark") == ""
    assert keys.hint("bookmark", "undo") == " (Ctrl+Z)"
