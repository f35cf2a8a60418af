"""`KeyMap`: which chord does which action: the defaults of `app.actions`, changed by the settings file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.actions import ACTIONS, Action
from app.events import Event

MODIFIERS = ("Ctrl", "Alt", "Shift")  # in the order in which a chord is written

# What a person writes -> Dear PyGui's name without `mvKey_`.
KEY_NAMES: dict[str, str] = {
    **{name: name for name in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
    **{f"F{number}": f"F{number}" for number in range(1, 13)},
    **{name: name for name in ("Left", "Right", "Up", "Down", "Home", "End", "Insert", "Delete", "Tab")},
    **{"Space": "Spacebar", "Esc": "Escape", "Enter": "Return", "Backspace": "Back"},
    **{"PageUp": "Prior", "PageDown": "Next", "Plus": "Plus", "Minus": "Minus", "Slash": "Slash"},
    **{".": "Period", ",": "Comma", "[": "Open_Brace", "]": "Close_Brace", ";": "Colon", "'": "Quote"},
    **{"\\": "Backslash", "`": "Tilde"},
}
_BY_LOWER = {name.lower(): name for name in KEY_NAMES}
_OTHER_NAMES = {"escape": "Esc", "return": "Enter", "del": "Delete", "=": "Plus", "-": "Minus", "/": "Slash"}
_SHOWN = {"Plus": "+", "Minus": "-", "Slash": "/"}


@dataclass(frozen=True)
class Chord:
    """One key with the modifiers that are held. key: as a person writes it, one of `KEY_NAMES`."""

    key: str
    ctrl: bool = False
    alt: bool = False
    shift: bool = False

    @property
    def shown(self) -> str:
        """For the help window and tooltips."""
        if self in _SHOWN_AS:
            return _SHOWN_AS[self]
        held = (self.ctrl, self.alt, self.shift)
        names = [name for name, on in zip(MODIFIERS, held, strict=True) if on]
        return "+".join([*names, _SHOWN.get(self.key, self.key)])

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Ctrl+Shift+Z, in any case and order. Raises ValueError with one line."""
        *held, key = text.split("+")
        modifiers = {name.capitalize() for name in held}
        known = _BY_LOWER.get(key.lower()) or _OTHER_NAMES.get(key.lower())
        if known is None or not modifiers <= set(MODIFIERS):
            raise ValueError(
                f"'{text}' is no key; write for example Ctrl+Shift+Z, F5, Space, Left, Plus or [, "
                "and a space between two"
            )
        return cls(known, "Ctrl" in modifiers, "Alt" in modifiers, "Shift" in modifiers)


# What is printed on the key there, on most keyboards.
_SHOWN_AS = {Chord("Slash", shift=True): "?", Chord("Plus", shift=True): "+"}

# What a key types into the palette, where that is not its name.
_TYPED = {"Space": " ", "Plus": "+", "Minus": "-", "Slash": "/"}
_TYPED_WITH_SHIFT = {";": ":", "Minus": "_", "Slash": "?"}  # on most keyboards


def typed_by(key: str, shift: bool = False) -> str:
    """The letter, digit or sign that a key types; "" = none. Letters are small. Ctrl is not asked for: in a
    slow frame that of Ctrl+K seems still to be held when the first letter comes."""
    if shift and key in _TYPED_WITH_SHIFT:
        return _TYPED_WITH_SHIFT[key]
    return _TYPED.get(key, key.lower() if len(key) == 1 else "")


def parse_chords(text: str) -> tuple[Chord, ...]:
    """All chords of one action. Raises ValueError with one line."""
    return tuple(Chord.parse(part) for part in text.split())


class KeyMap:
    """chosen: the settings' keys by action id. What is wrong in them is in `problems`, one line each, and the
    action keeps its defaults. A chosen chord is taken from the action that has it by default.
    """

    def __init__(self, chosen: Mapping[str, str] | None = None, actions: Iterable[Action] = ACTIONS) -> None:
        self.problems: list[str] = []
        self._actions = {action.id: action for action in actions}
        self._of_chord: dict[Chord, Action] = {}
        picked = self._read(chosen or {})
        for action_id, chords in picked.items():
            for chord in chords:
                holder = self._of_chord.setdefault(chord, self._actions[action_id])
                if holder.id != action_id:
                    self.problems.append(
                        f"keys.{action_id}: {chord.shown} is the key of '{holder.name}' already"
                    )
        for action in self._actions.values():
            for chord in () if action.id in picked else parse_chords(action.keys):
                self._of_chord.setdefault(chord, action)

    def action_of(self, chord: Chord) -> Action | None:
        """What this chord does; None = nothing."""
        return self._of_chord.get(chord)

    def released_by(self, key: str) -> list[Event]:
        """What ends when a key comes up, whatever else is held then."""
        return [a.released for c, a in self._of_chord.items() if c.key == key and a.released is not None]

    def chords_of(self, action_id: str) -> tuple[Chord, ...]:
        """The chords of an action, the first one is the one to show."""
        return tuple(chord for chord, action in self._of_chord.items() if action.id == action_id)

    def shown(self, action_id: str) -> str:
        """All chords of an action in words; "" = it has none."""
        return " or ".join(dict.fromkeys(chord.shown for chord in self.chords_of(action_id)))

    def hint(self, *action_ids: str) -> str:
        """The first key of each, in brackets behind a space, to end a sentence with; "" = none has one."""
        first = [chords[0].shown for action_id in action_ids if (chords := self.chords_of(action_id))]
        return f" ({', '.join(first)})" if first else ""

    def explain(self, action: Action) -> str:
        """The tooltip of an action: what it does, the field's term, its key."""
        lines = [f"{action.name}. {action.more}".rstrip()]
        if action.term:
            lines.append(f"In the field's terms: {action.term}")
        if keys := self.shown(action.id):
            lines.append(f"Key: {keys}")
        return "\n".join(lines)

    def _read(self, chosen: Mapping[str, str]) -> dict[str, tuple[Chord, ...]]:
        picked: dict[str, tuple[Chord, ...]] = {}
        for action_id, text in chosen.items():
            if action_id not in self._actions:
                near = difflib.get_close_matches(action_id, self._actions, 3, 0.0)
                self.problems.append(f"keys.{action_id}: there is no such action; near it: {', '.join(near)}")
                continue
            try:
                picked[action_id] = parse_chords(text)
            except ValueError as error:
                self.problems.append(f"keys.{action_id}: {error}")
        return picked
