"""`PaletteDesk`: the command palette: what was typed, what it finds, which one is done."""

from __future__ import annotations

from collections.abc import Callable

from app import events
from app.actions import ACTIONS, Action, find_action
from app.keys import KeyMap
from app.palette_search import search
from app.state import AppState
from app.window_state import Found, Palette

OWN_ACTION = "palette"  # is open already: not offered


class PaletteDesk:
    """Applies the palette's events. Actions done from it come first when it is opened again."""

    def __init__(self, state: AppState, keys: KeyMap, do: Callable[[events.Event], None]) -> None:
        self._state = state
        self._keys = keys
        self._do = do
        self._recent: list[str] = []

    def apply(self, event: events.PaletteEvent) -> None:
        """Applies one event; all but the first need an open palette."""
        window, palette = self._state.window, self._state.window.palette
        match event:
            case events.TogglePalette():
                window.palette = self._search("") if palette is None else None
            case _ if palette is None:
                return
            case events.TypeInPalette():
                window.palette = self._search(palette.query + event.text)
            case events.EraseInPalette():
                window.palette = self._search(palette.query[:-1])
            case events.MoveInPalette():
                count = max(len(palette.found), 1)
                window.palette = Palette(palette.query, palette.found, (palette.chosen + event.by) % count)
            case events.RunFromPalette():
                self._run(palette, event.index)

    def _run(self, palette: Palette, index: int | None) -> None:
        at = palette.chosen if index is None else index
        if not 0 <= at < len(palette.found):
            return
        action = find_action(palette.found[at].action_id)
        self._state.window.palette = None
        self._recent = [action.id, *(known for known in self._recent if known != action.id)]
        self._do(action.event)

    def _search(self, query: str) -> Palette:
        def age(action: Action) -> int:
            return self._recent.index(action.id) if action.id in self._recent else len(self._recent)

        # what lasts while a key is held cannot be done by Enter
        offered = (a for a in ACTIONS if a.id != OWN_ACTION and a.released is None)
        actions = sorted(offered, key=age)
        found = tuple(Found(a.id, a.name, self._keys.shown(a.id), a.group) for a in search(query, actions))
        return Palette(query, found)
