"""`KeptStates`: states of the session at many of its places, exact, in bounded memory.

Between two that are kept, the steps are done again: on the same device they give the same bits. Rejected:
keeping every state (36 KB each at 1024 px, 360 MB after 10,000 steps), and keeping only latents, from which
no drag can go on exactly.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass

from app.session.edits import Origin, SetMask
from app.session.history_log import Place
from gan.drag_params import DragParams
from gan.half_precision import HalfPrecision
from gan.packed_snapshot import PackedSnapshot


@dataclass(frozen=True)
class KeptState:
    """The session at a place. mask: the edit that set it, None before the first.

    origin, origin_iteration: the latest start, and how many steps had been done before it. asked: the
    parameters as they were asked for. half: which layers had 16 bits.
    """

    packed: PackedSnapshot
    mask: SetMask | None
    origin: Origin
    origin_iteration: int
    asked: DragParams
    half: HalfPrecision | None = None


@dataclass(frozen=True)
class KeptStatesParams:
    """budget_bytes: how much may be kept. recent_count: the newest are kept whatever they cost, so that the
    last undos and the scrubbing near the end never wait."""

    budget_bytes: int = 64 * 1024 * 1024
    recent_count: int = 256


@dataclass(frozen=True)
class _Kept:
    state: KeptState
    ordinal: int


class KeptStates:
    """All states while they fit; then every second one, every fourth, and so on, evenly over the session."""

    def __init__(self, params: KeptStatesParams | None = None) -> None:
        self._params = params or KeptStatesParams()
        self._kept: dict[Place, _Kept] = {}
        self._places: list[Place] = []  # sorted
        self._recent: deque[tuple[Place, int]] = deque()
        self._stride = 1
        self._next_ordinal = 0
        self.byte_count = 0

    @property
    def stride(self) -> int:
        """Of the older states every so many-th is kept."""
        return self._stride

    def __len__(self) -> int:
        return len(self._places)

    def put(self, place: Place, state: KeptState) -> None:
        """Keeps a state; one that was kept for that place gives way."""
        old = self._kept.get(place)
        if old is None:
            insort(self._places, place)
        else:
            self.byte_count -= old.state.packed.byte_count
        self._kept[place] = _Kept(state, self._next_ordinal)
        self.byte_count += state.packed.byte_count
        self._recent.append((place, self._next_ordinal))
        self._next_ordinal += 1
        if len(self._recent) > self._params.recent_count:
            leaving, ordinal = self._recent.popleft()
            self._drop_unless_due(leaving, ordinal)
        while self.byte_count > self._params.budget_bytes and self._stride < self._next_ordinal:
            self._stride *= 2
            recent = set(self._recent)
            for older in list(self._places):
                ordinal = self._kept[older].ordinal
                if (older, ordinal) not in recent:
                    self._drop_unless_due(older, ordinal)

    def get(self, place: Place) -> KeptState | None:
        """The state there, if it is kept."""
        kept = self._kept.get(place)
        return None if kept is None else kept.state

    def nearest(self, first: Place, place: Place) -> Place | None:
        """The last place between those two, both included, whose state is kept."""
        i = bisect_right(self._places, place) - 1
        return self._places[i] if i >= 0 and self._places[i] >= first else None

    def forget_from(self, place: Place) -> None:
        """Forgets the states at that place and all later ones: what led there is no longer so."""
        i = bisect_left(self._places, place)
        for gone in self._places[i:]:
            self.byte_count -= self._kept.pop(gone).state.packed.byte_count
        del self._places[i:]

    def _drop_unless_due(self, place: Place, ordinal: int) -> None:
        kept = self._kept.get(place)
        if kept is None or kept.ordinal != ordinal or ordinal % self._stride == 0:
            return  # gone, newer by now, or one that stays; the very first always does
        del self._kept[place]
        del self._places[bisect_left(self._places, place)]
        self.byte_count -= kept.state.packed.byte_count
