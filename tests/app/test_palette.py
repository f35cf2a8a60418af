"""The command palette: fuzzy search, choosing, doing."""

from __future__ import annotations

import pytest

from app import events
from app.actions import ACTIONS
from app.palette_search import search
from tests.app.fakes import make_app


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("undo", "undo"),
        ("mask inv", "invert_mask"),
        ("exp", "export_picture"),
        ("zin", "zoom_in"),
        ("generator", "open_model"),
        ("start", "run"),
        ("ligh", "theme"),
    ],
)
def test_the_best_match_comes_first(query: str, first: str) -> None:
    assert search(query, ACTIONS)[0].id == first


def test_an_empty_query_lists_all_and_a_strange_one_nothing() -> None:
    assert search("  ", ACTIONS) == list(ACTIONS)
    assert search("xqzj", ACTIONS) == []


def test_every_action_is_found_by_its_name() -> None:
    for action in ACTIONS:
        assert search(action.name.replace(",", ""), [action]) == [action] or "," in action.name


def test_it_is_used_by_keys_alone() -> None:
    app, _, _ = make_app()
    app.apply(events.TogglePalette())
    assert app.state.window.palette is not None
    for letter in "fit":
        app.apply(events.TypeInPalette(letter))
    palette = app.state.window.palette
    assert palette is not None
    assert (palette.found[0].action_id, palette.found[0].keys) == ("fit", "F or 0")
    assert not app.state.viewport.fitted
    app.apply(events.RunFromPalette())
    assert app.state.viewport.fitted
    assert app.state.window.palette is None
    app.apply(events.TogglePalette())
    palette = app.state.window.palette
    assert palette is not None
    assert palette.found[0].action_id == "fit"  # done last


def test_up_and_down_go_around_and_backspace_widens() -> None:
    app, _, _ = make_app()
    app.apply(events.TogglePalette())
    everything = app.state.window.palette
    assert everything is not None
    app.apply(events.MoveInPalette(-1))
    assert app.state.window.palette is not None
    assert app.state.window.palette.chosen == len(everything.found) - 1
    app.apply(events.TypeInPalette("q"))
    assert app.state.window.palette.chosen == 0
    app.apply(events.EraseInPalette())
    assert app.state.window.palette.found == everything.found


def test_enter_on_nothing_found_does_nothing() -> None:
    app, _, worker = make_app()
    app.apply(events.TogglePalette())
    app.apply(events.TypeInPalette("xqzj"))
    app.apply(events.MoveInPalette(1))
    app.apply(events.RunFromPalette())
    assert app.state.window.palette is not None
    assert worker.commands == []
    app.apply(events.TogglePalette())
    app.apply(events.RunFromPalette())
    assert worker.commands == []
