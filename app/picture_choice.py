"""`PictureChoice`: which picture the worker makes next: the full one, a preview, or none yet.

A preview comes from a lower block of the generator and is shown unasked only where it was measured to be
faithful (`gan.preview`). At rest there is always the full picture, whatever was pinned. Time is injected.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.scheduler import CPU_BUDGET_MS, PictureShare
from app.state import Quality

PictureKind = Literal["full", "preview"]
Pace = Literal["stepping", "paused", "resting"]  # paused: arrived, but the hand still holds on and may move


@dataclass(frozen=True)
class ChoiceParams:
    """When a preview may take the full picture's place.

    budget_ms: a full picture that is made within this is always shown. gain: a preview must be so many times
    cheaper. mouse_rests_after_ms: without a move for so long, the hand waits to see the full picture.
    warm_up: the first picture takes longer than those that follow: below so many budgets it does not call the
    model slow. remembered_count: the cheapest of so many pictures is what one costs; the others were made
    beside something else.
    """

    budget_ms: float = CPU_BUDGET_MS
    gain: float = 1.3
    warm_up: float = 4.0
    remembered_count: int = 5
    mouse_rests_after_ms: float = 300.0


class PictureChoice:
    """Told of every step, mouse move and picture; asked whenever the worker has a moment.

    While the drag runs a picture is made only if it will be seen and the steps have had their share of the
    time (`app.scheduler.PictureShare`).
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, params: ChoiceParams | None = None
    ) -> None:
        self._clock = clock
        self._params = params or ChoiceParams()
        self._share = PictureShare(clock=clock)
        self._shown: PictureKind | None = None  # of the present latent; None = the picture shown is stale
        self._moved_at: float | None = None
        self._costs_ms: dict[PictureKind, deque[float]] = {}
        self.quality: Quality = "automatic"
        self.has_preview = False
        self.full_fits = True  # False: the device has no memory for the full picture

    def begin_anew(self) -> None:
        """Another model, or another device: nothing is shown of it yet, and its costs are not known."""
        self._share = PictureShare(clock=self._clock)
        self._shown = None
        self._costs_ms.clear()
        self.has_preview = False
        self.full_fits = True

    def note_change(self) -> None:
        """The latent changed: the picture shown is stale."""
        self._shown = None

    def note_move(self) -> None:
        """The mouse moved what it holds. Called by the window's thread, as it happens."""
        self._moved_at = self._clock()

    def next(self, pace: Pace, wanted: bool) -> PictureKind | None:
        """What to make now. wanted: the window has taken the last picture."""
        final: PictureKind = "full" if self.full_fits else "preview"
        if self._shown == final:
            return None
        if pace == "resting":
            return final
        if pace == "stepping" and not (wanted and self._share.is_due()):
            return None
        if not self._prefers_preview or (pace == "paused" and self._mouse_rests):
            return final
        return "preview" if self._shown is None else None

    def ask_again_s(self, pace: Pace) -> float | None:
        """When a preview in a pause is to be sharpened, though nothing happens until then; None = never."""
        if pace != "paused" or self._shown != "preview" or not self.full_fits or self._moved_at is None:
            return None
        return max(self._moved_at + self._params.mouse_rests_after_ms / 1000 - self._clock(), 0.0) + 0.001

    @property
    def wants_preview(self) -> bool:
        """Whether a preview, if there was one, would be used."""
        if not self.full_fits:
            return True
        return self.quality == "preview" or (self.quality == "automatic" and self._is_slow)

    def note_made(self, kind: PictureKind, cost_ms: float | None) -> None:
        """A picture of the present latent is on its way to the window. cost_ms: None = not known yet."""
        self._share.note(cost_ms or 0.0)
        if cost_ms is not None:
            self._costs_ms.setdefault(kind, deque(maxlen=self._params.remembered_count)).append(cost_ms)
        self._shown = kind

    @property
    def _prefers_preview(self) -> bool:
        if not self.full_fits:
            return True
        if not self.has_preview or self.quality == "full":
            return False
        if self.quality == "preview":
            return True
        if not self._is_slow or self._cost_ms("full") <= self._cost_ms("preview") * self._params.gain:
            return False
        return not self._mouse_rests

    @property
    def _is_slow(self) -> bool:
        is_first = len(self._costs_ms.get("full", ())) == 1
        limit_ms = self._params.budget_ms * (self._params.warm_up if is_first else 1.0)
        return self._cost_ms("full") > limit_ms

    def _cost_ms(self, kind: PictureKind) -> float:
        """What a picture takes where nothing is beside it; 0 where none was made."""
        return min(self._costs_ms.get(kind, ()), default=0.0)

    @property
    def _mouse_rests(self) -> bool:
        if self._moved_at is None:
            return True
        return (self._clock() - self._moved_at) * 1000 > self._params.mouse_rests_after_ms
