"""The table of actions, and the keys that the settings may give them."""

from __future__ import annotations

import pytest

from app import events
from app.actions import ACTIONS, GROUPS, find_action
from app.keys import KEY_NAMES, Chord, KeyMap, parse_chords, typed_by


def test_every_action_has_an_id_a_name_and_an_event_of_its_own() -> None:
    for values in ([a.id for a in ACTIONS], [a.name for a in ACTIONS], [a.event for a in ACTIONS]):
        assert len(values) == len(set(values))
    assert all(action.group in GROUPS for action in ACTIONS)


def test_no_default_key_is_given_twice() -> None:
    chords = [chord for action in ACTIONS for chord in parse_chords(action.keys)]
    assert len(chords) == len(set(chords))
    keys = KeyMap()
    assert keys.problems == []
    redo = keys.action_of(Chord("Z", ctrl=True, shift=True))
    assert redo is not None
    assert redo.event == events.Redo()
    assert keys.action_of(Chord("Z")) is None
    assert keys.shown("redo") == "Ctrl+Shift+Z or Ctrl+Y"


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("ctrl+shift+z", Chord("Z", ctrl=True, shift=True)),
        ("Shift+Ctrl+Z", Chord("Z", ctrl=True, shift=True)),
        ("escape", Chord("Esc")),
        ("Alt+F12", Chord("F12", alt=True)),
        ("Ctrl+=", Chord("Plus", ctrl=True)),
    ],
)
def test_chords_are_read_as_people_write_them(text: str, chord: Chord) -> None:
    assert Chord.parse(text) == chord


@pytest.mark.parametrize("text", ["", "Hyper+A", "Ctrl+", "AB", "Ctrl++A"])
def test_what_is_no_chord_says_so_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="is no key; write for example") as caught:
        Chord.parse(text)
    assert "\n" not in str(caught.value)


def test_a_chosen_key_replaces_the_default_and_is_taken_from_who_had_it() -> None:
    keys = KeyMap({"grab": "P Ctrl+G"})
    assert keys.problems == []
    assert keys.action_of(Chord("P")) is find_action("grab")
    assert keys.action_of(Chord("G", ctrl=True)) is find_action("grab")
    assert keys.action_of(Chord("G")) is None
    assert keys.shown("place") == ""
    assert "Key: P or Ctrl+G" in keys.explain(find_action("grab"))
    assert "Key" not in keys.explain(find_action("place"))


def test_no_key_at_all_may_be_chosen() -> None:
    assert KeyMap({"quit": ""}).action_of(Chord("Q", ctrl=True)) is None


def test_wrong_keys_are_told_and_the_defaults_stay() -> None:
    keys = KeyMap({"grib": "X", "undo": "Ctrl+Nothing", "step": "J", "run": "J"})
    assert len(keys.problems) == 3
    assert "near it: grab" in keys.problems[0]
    assert "'Ctrl+Nothing' is no key" in keys.problems[1]
    assert "J is the key of 'One drag step' already" in keys.problems[2]
    assert keys.shown("undo") == "Ctrl+Z"


@pytest.mark.parametrize(
    ("key", "shift", "text"),
    [
        ("A", False, "a"),
        ("A", True, "a"),
        ("7", False, "7"),
        ("Space", False, " "),
        ("Minus", False, "-"),
        ("Minus", True, "_"),
        ("Plus", True, "+"),
        ("Slash", False, "/"),
        (";", True, ":"),
        (".", False, "."),
        (",", False, ","),
        ("F1", False, ""),
        ("Left", False, ""),
    ],
)
def test_what_a_key_types_into_the_palette(key: str, shift: bool, text: str) -> None:
    assert typed_by(key, shift) == text


def test_every_sign_in_what_actions_are_called_can_be_typed() -> None:
    typed = {typed_by(key, shift) for key in KEY_NAMES for shift in (False, True)}
    for action in ACTIONS:
        for letter in f"{action.name} {action.term}".lower():
            assert letter in typed, action
