"""`DragProgress`: what the steps since the last change of the edit say: arrived, stalled, losses, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.progress import ProgressWatch, is_sure
from app.worker_frame import HandleFrame, PassedStep, Point
from gan.drag_session import DragSession
from gan.step_result import HostStepResult

REMEMBERED_COUNT = 10_000  # steps whose numbers are kept for who goes back to them
SAME_PLACE_PX = 0.02


@dataclass(frozen=True)
class _Measured:
    """What a step measured. handle_ids: whose handles; sure: those whose tracking had been sure by then."""

    result: HostStepResult
    handle_ids: tuple[int, ...]
    sure: frozenset[int]


class DragProgress:
    """Kept by the worker beside its session. A step's numbers hold until the edit changes otherwise, and
    again when it is back where that step led."""

    def __init__(self, may_wait: bool = True) -> None:
        """may_wait: a session may be asked for what is not known, which waits for its device."""
        self.may_wait = may_wait
        self.stalled = False
        self.step_ms = 0.0
        self._last: HostStepResult | None = None
        self._targets: dict[int, Point] | None = None  # None: not asked since the last change
        self._arrived: bool | None = None  # None: not asked since the last change
        self._watch = ProgressWatch()
        self._sure: frozenset[int] = frozenset()  # handles whose tracking was sure since the last change
        self._measured: dict[int, _Measured] = {}  # by the number of the step
        self._losses: list[float] = []
        self._passed: list[PassedStep] = []

    def note_change(self, only_targets: bool = False) -> None:
        """The edit changed other than by a step. only_targets: what is known of the handles holds."""
        if not only_targets:
            self._last = self._targets = None
            self._sure = frozenset()
        self._arrived = None
        self.stalled = False
        self._watch.restart()

    def note_gone_back(self, session: DragSession, step_count: int) -> None:
        """The edit has changed to what it was before. Where a step had led there, its numbers hold again: a
        handle that had arrived, say, has. step_count: steps since the picture's start; 0 = what was measured
        is of another picture."""
        self.note_change()
        measured = self._measured.get(session.iteration) if step_count else None
        if measured is None or measured.handle_ids != session.handle_ids:
            return
        handles = session.handles.cpu().numpy()  # sync: in the worker, once after going back
        rows = measured.result.handles[: len(handles)]
        if np.allclose(rows, handles, rtol=0.0, atol=SAME_PLACE_PX):  # else it is another way to that number
            self._last, self._sure = measured.result, measured.sure

    def note_target(self, handle_id: int, target: Point) -> None:
        """A target has moved."""
        if self._targets is not None:
            self._targets[handle_id] = target
        self.note_change(only_targets=True)

    def note_placed(self, handle_id: int, session: DragSession) -> None:
        """A person has just put a handle where it is."""
        x, y = session.handles[
            session.handle_ids.index(handle_id)
        ].tolist()  # sync: in the worker, at an edit
        self._passed.append(PassedStep(session.iteration, ((handle_id, (x, y)),), begins=True))

    def note_step(self, result: HostStepResult, step_ms: float, handle_ids: tuple[int, ...] = ()) -> None:
        """A step is done. handle_ids: whose handles the result's are."""
        rows = result.handles[: len(handle_ids)]
        places = tuple((i, (float(x), float(y))) for i, (x, y) in zip(handle_ids, rows, strict=True))
        self._passed.append(PassedStep(result.iteration, places))
        self._sure |= {i for i, c in zip(handle_ids, result.confidences, strict=False) if is_sure(c)}
        self._remember(_Measured(result, handle_ids, self._sure))
        self._last, self._arrived, self.step_ms = result, result.done, step_ms
        self._losses.append(result.loss)
        self.stalled = self._watch.note(float(result.distances_px.sum()))

    def _remember(self, measured: _Measured) -> None:
        iteration = measured.result.iteration
        self._measured.pop(iteration, None)  # of a way that was undone; the new one is the latest
        self._measured[iteration] = measured
        if len(self._measured) > REMEMBERED_COUNT:
            del self._measured[next(iter(self._measured))]

    def has_arrived(self, session: DragSession) -> bool:
        """Whether every handle is at its target; then a step would change nothing."""
        if self._arrived is None and not self.may_wait and session.handle_ids:
            return False  # the next step will say; where all have arrived it changes nothing
        if self._arrived is None:
            self._arrived = session.is_done  # sync: in the worker, once after a change
        return self._arrived

    def take_losses(self) -> tuple[float, ...]:
        """The losses since the last call."""
        losses, self._losses = tuple(self._losses), []
        return losses

    def take_passed(self) -> tuple[PassedStep, ...]:
        """Where the handles came since the last call."""
        passed, self._passed = tuple(self._passed), []
        return passed

    def handle_frames(self, session: DragSession) -> tuple[HandleFrame, ...]:
        """The handles on the host."""
        last = self._last
        handles = session.handles.cpu().numpy() if last is None else last.handles  # sync: in the worker
        if self._targets is None:
            rows = session.targets.cpu().numpy()  # sync: in the worker, once after a change
            places = [(float(x), float(y)) for x, y in rows]
            self._targets = dict(zip(session.handle_ids, places, strict=True))
        targets = self._targets
        return tuple(
            HandleFrame(
                id=handle_id,
                handle=(float(handles[i][0]), float(handles[i][1])),
                target=targets[handle_id],
                distance_px=math.dist(handles[i], targets[handle_id]),
                confidence=None if last is None else float(last.confidences[i]),
                was_sure=handle_id in self._sure,
            )
            for i, handle_id in enumerate(session.handle_ids)
        )
