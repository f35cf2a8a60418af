"""`StepBudget`: how many drag steps a GPU is given in one frame, from what they were measured to cost."""

from __future__ import annotations

from dataclasses import dataclass

GPU_BUDGET_MS = 1000 / 60


@dataclass(frozen=True)
class BudgetParams:
    """budget_ms: of a frame; share: of it for steps and picture, the rest is the window's own. most_steps:
    more in a frame would move the picture in jumps."""

    budget_ms: float = GPU_BUDGET_MS
    share: float = 0.75
    most_steps: int = 4


class StepBudget:
    """Pure: told of costs, a frame or more late, and asked for a number."""

    def __init__(self, params: BudgetParams | None = None) -> None:
        self._params = params or BudgetParams()
        self._step_ms: float | None = None
        self._picture_ms = 0.0

    def note_steps(self, count: int, elapsed_ms: float) -> None:
        """So many steps took so long."""
        step_ms = elapsed_ms / count
        self._step_ms = step_ms if self._step_ms is None else 0.7 * self._step_ms + 0.3 * step_ms

    def note_picture(self, picture_ms: float) -> None:
        """A picture takes so long."""
        self._picture_ms = picture_ms

    @property
    def step_count(self) -> int:
        """Steps to start in this frame: one until they are measured, and one where even that is too long."""
        if not self._step_ms:
            return 1
        left_ms = self._params.budget_ms * self._params.share - self._picture_ms
        return min(max(int(left_ms / self._step_ms), 1), self._params.most_steps)
