"""The command palette: fuzzy search, choosing, doing."""

from __future__ import annotations

import pytest

from app import events
from app.actions import ACTIONS
from app.palette_search import search
from app.panels.palette import ROW_COUNT
from app.sections import SECTIONS
from app.state import Status
from app.ui.window_contents import PANELS
from app.window_state import WantedSection
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


def test_every_section_of_the_side_panel_is_in_the_list() -> None:
    assert [panel.title for panel, _ in PANELS] == [section.title for section in SECTIONS]


@pytest.mark.parametrize("title", [panel.title for panel, _ in PANELS])
def test_a_section_is_found_by_its_title_and_shown(title: str) -> None:
    app, _, _ = make_app()
    for time in (1, 2):
        app.state.show_help = app.state.window.show_notices = True
        app.apply(events.TogglePalette())
        for letter in title.lower():
            app.apply(events.TypeInPalette(letter))
        palette = app.state.window.palette
        assert palette is not None
        ids = [found.action_id for found in palette.found[:ROW_COUNT]]
        app.apply(events.RunFromPalette(ids.index(f"panel_{title.lower()}")))
        assert app.state.window.wanted_section == WantedSection(title, time)
        assert app.state.status == Status(f"Section shown: {title}")
        assert not app.state.show_help
        assert not app.state.window.show_notices


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
