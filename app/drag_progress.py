"""`DragProgress`: what the steps since the last change of the edit say: arrived, stalled, losses, cost."""

from __future__ import annotations

import math

from app.progress import ProgressWatch
from app.worker_messages import HandleFrame
from gan.drag_session import DragSession
from gan.step_result import HostStepResult


class DragProgress:
    """Kept by the worker beside its session. A step's numbers hold until the edit changes otherwise."""

    def __init__(self) -> None:
        self.stalled = False
        self.step_ms = 0.0
        self._last: HostStepResult | None = None
        self._arrived: bool | None = None  # None: not asked since the last change
        self._watch = ProgressWatch()
        self._losses: list[float] = []

    def note_change(self, only_targets: bool = False) -> None:
        """The edit changed other than by a step. only_targets: what is known of the handles holds."""
        if not only_targets:
            self._last = None
        self._arrived = None
        self.stalled = False
        self._watch.restart()

    def note_step(self, result: HostStepResult, step_ms: float) -> None:
        """A step is done."""
        self._last, self._arrived, self.step_ms = result, result.done, step_ms
        self._losses.append(result.loss)
        self.stalled = self._watch.note(float(result.distances_px.sum()))

    def has_arrived(self, session: DragSession) -> bool:
        """Whether every handle is at its target; then a step would change nothing."""
        if self._arrived is None:
            self._arrived = session.is_done  # sync: in the worker, once after a change
        return self._arrived

    def take_losses(self) -> tuple[float, ...]:
        """The losses since the last call."""
        losses, self._losses = tuple(self._losses), []
        return losses

    def handle_frames(self, session: DragSession) -> tuple[HandleFrame, ...]:
        """The handles on the host."""
        last = self._last
        handles = session.handles.cpu().numpy() if last is None else last.handles  # sync: in the worker
        targets = session.targets.cpu().numpy()  # sync: in the worker
        return tuple(
            HandleFrame(
                id=handle_id,
                handle=(float(handles[i][0]), float(handles[i][1])),
                target=(float(targets[i][0]), float(targets[i][1])),
                distance_px=math.dist(handles[i], targets[i]),
                confidence=None if last is None else float(last.confidences[i]),
            )
            for i, handle_id in enumerate(session.handle_ids)
        )
