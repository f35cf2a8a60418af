"""`StepPreparation`: when the drag worker does ahead what the hand's next drag would wait for.

On a GPU the first step of a drag is recorded before it is taken, which takes many times as long as the step
(`gan.step_runner`): pulled at, the picture stood still for that long. So it is recorded when nothing has been
asked for a while, after a picture is shown. It cannot be broken off in its middle; a grab that comes just
then waits for what it would have waited for without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.drag_run import DragRun
from gan.device_faults import DeviceFault, fault_of

log = logging.getLogger(__name__)

# Without a command: a slider that is pulled asks sooner again, and would wait for nothing of use.
REST_S = 0.2


class StepPreparation:
    """Used by the drag worker's thread."""

    def __init__(self, run: DragRun, clock: Callable[[], float]) -> None:
        """clock: seconds."""
        self._run = run
        self._clock = clock
        self._rests_since = clock()
        self._is_done = False

    def note_command(self) -> None:
        """The worker did something for the window: what is prepared may be of no use any more."""
        self._rests_since = self._clock()
        self._is_done = False

    def due_in_s(self) -> float | None:
        """When it is to be done, if nothing else happens until then; 0 = now, None = not at all."""
        run = self._run
        if self._is_done or run.stepper is None or run.pace != "resting" or not run.has_full_pictures:
            return None
        return max(self._rests_since + REST_S - self._clock(), 0.0)

    def do_if_due(self) -> None:
        """Prepares the next drag, once. Where the device has no memory for it nothing is prepared, and
        nothing is given up for it: the drag may never come."""
        if self.due_in_s() != 0.0:
            return
        self._is_done = True
        try:
            self._run.session.prepare_step()
        except Exception as error:
            if fault_of(error) is not DeviceFault.FULL:
                raise
            log.info("the next drag is not prepared: %s", error)
