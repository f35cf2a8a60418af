"""`SeedDesk`: applies the events that start from a seed's picture."""

from __future__ import annotations

import random

from app import events
from app.editor import Editor
from app.pointer import Pointer
from app.state import AppState, Status
from gan.errors import EditError
from gan.generator import SEED_LIMIT

RANDOM_SEED_LIMIT = 100_000  # short enough to remember and to type


class SeedDesk:
    """Chosen, typed, next, previous and random seeds."""

    def __init__(self, state: AppState, editor: Editor, pointer: Pointer) -> None:
        self._state = state
        self._editor = editor
        self._pointer = pointer

    def apply(self, event: events.SeedEvent) -> None:
        """Applies one event. Raises EditError for what is no seed."""
        match event:
            case events.SetSeed():
                self._start(random.randrange(RANDOM_SEED_LIMIT) if event.seed is None else event.seed)
            case events.TypeSeed():
                self._start_from_typed(event.text)
            case events.ChangeSeed():
                self._start(((self._state.seed or 0) + event.by) % SEED_LIMIT)

    def _start(self, seed: int) -> None:
        if not 0 <= seed < SEED_LIMIT:
            raise EditError(f"Seed {seed} is out of range; allowed are 0 to {SEED_LIMIT - 1}")
        self._pointer.let_go()
        self._editor.begin("new seed")
        self._editor.start_from_seed(seed, self._state.truncation_psi)
        self._state.status = Status(f"Seed {seed}, psi {self._state.truncation_psi:.2f}")

    def _start_from_typed(self, text: str) -> None:
        try:
            seed = int(text)
        except ValueError:
            raise EditError(f"'{text}' is no seed; type a whole number 0 to {SEED_LIMIT - 1}") from None
        if seed != self._state.seed:
            self._start(seed)
