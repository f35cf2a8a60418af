"""`DragRun`: the session that the drag worker works on, its device, and what steps and edits entail.

Nothing in here knows a queue, a command or a thread. When the device gives up, the run goes on with less of
it (`gan.device_fallback`), in the end on the processor with everything that was done until then.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from app.device_stepper import DeviceStepper, FinishedStep
from app.drag_progress import DragProgress
from app.map_feed import MapFeed
from app.picture_choice import Pace
from app.picture_feed import PictureFeed
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget
from app.session.replay import rebuild
from app.session.session_files import SessionFiles
from app.session.step_outcomes import hear, step_and_hear
from app.worker_device import WorkerDevice
from gan.device_fallback import DeviceFallback, DeviceLevel
from gan.errors import DeviceError, EditError
from gan.step_result import HostStepResult

NO_HANDLES = "there are no handles; place a handle and its target first"
NOT_FINITE = "A step gave values that are not finite (NaN); the picture stays at the last good state"

Tell = Callable[[str, bool], None]  # one line for the status line, and whether it reports an error


class DragRun:
    """Used by the drag worker's thread."""

    def __init__(
        self,
        session: EditSession,
        device: WorkerDevice,
        feed: PictureFeed,
        maps: MapFeed,
        files: SessionFiles,
        tell: Tell,
        go_on: Callable[[], bool],
    ) -> None:
        """go_on: asked between the steps of what takes long; False = the program ends."""
        self._feed = feed
        self._maps = maps
        self._files = files
        self._tell = tell
        self._go_on = go_on
        self.releases: list[Callable[[], None]] = []  # of others' device memory, where it is full
        self.is_on = False
        self._hold = False
        self.step_times_ms: deque[float] = deque(maxlen=20_000)
        self.stepper: DeviceStepper | None = None
        self.use(session, device)

    def use(self, session: EditSession, device: WorkerDevice) -> None:
        """From now on this session, on that device. What was measured of the last one says nothing of it."""
        if self.stepper is not None:
            self.stepper.drop()
        self.session = session
        self.stepper = device.stepper
        self.progress = DragProgress(may_wait=device.stepper is None)
        self._reopen_on_cpu = device.reopen_on_cpu
        is_gpu = device != WorkerDevice()
        self._fallback = DeviceFallback(
            DeviceLevel.FULL if is_gpu else DeviceLevel.CPU,
            self._descend,
            self._note_descent,
        )
        self._descent = self._descended = ""  # in words: what is being left of the device; what was
        self._feed.use(device.pictures)
        self._maps.use(device.layers)

    # what there is to do

    @property
    def may_step(self) -> bool:
        """Whether the drag runs and has somewhere to go."""
        return self.is_on and not self.progress.has_arrived(self.session.session)

    @property
    def pace(self) -> Pace:
        """What a picture now would interrupt."""
        if self.may_step or (self.stepper is not None and self.stepper.in_flight):
            return "stepping"
        return "paused" if self.is_on and self._hold else "resting"

    @property
    def has_full_pictures(self) -> bool:
        """Whether the device had memory enough for them until now."""
        return self._feed.choice.full_fits

    def has_steps_to_do(self, frame_begins: bool) -> bool:
        """On a GPU once a frame; the results of the last frame are still to be read when no step follows."""
        if self.stepper is None:
            return self.may_step
        return frame_begins and (self.may_step or self.stepper.in_flight or self._feed.waits_for_memory)

    # what changes it

    def start(self, hold: bool) -> None:
        """Starts the drag; hold: it stays on when all have arrived. Raises EditError without handles."""
        if not self.session.session.handle_ids:
            raise EditError(NO_HANDLES)
        self.is_on, self._hold = True, hold
        if not hold and self.progress.has_arrived(self.session.session):
            self.is_on = False

    def stop(self) -> None:
        """Stops the drag."""
        self.is_on = self._hold = False

    def note_edit(self, picture: bool) -> None:
        """The edit changed other than by a step; picture: what is seen may have changed too."""
        self.is_on = self.is_on and bool(self.session.session.handle_ids)
        if self.stepper is not None:
            picture = picture or self.stepper.in_flight
            self.stepper.drop()
        self.progress.note_change()
        if picture:
            self._feed.choice.note_change()
        self._files.note_change(self.session)

    def note_gone_back(self) -> None:
        """The edit is as it was before: undone, done again, or back at an earlier picture."""
        self.note_edit(picture=True)
        self.progress.note_gone_back(self.session.session, self.session.step_count)

    def note_saved_change(self) -> None:
        """Something changed that is saved, but neither the picture nor the drag."""
        self._files.note_change(self.session)

    def note_target(self, edit: MoveTarget) -> None:
        """The mouse moved a target."""
        if self.stepper is not None:
            self.stepper.note_targets_moved()
        self.progress.note_target(edit.id, edit.target)
        self._files.note_change(self.session)

    def step(self) -> None:
        """One step, waited for; repeated where 16 bits were not enough. Raises EditError without handles."""
        if not self.session.session.handle_ids:
            raise EditError(NO_HANDLES)
        self.settle()
        start = time.perf_counter()
        result = step_and_hear(self.session, self._tell_line)  # in the worker; the window does not wait
        self._feed.choice.note_change()
        self._note_step(result, (time.perf_counter() - start) * 1000)
        self._files.note_change(self.session)

    def settle(self) -> None:
        """What is in flight is heard of before the edit changes otherwise; it says nothing of having arrived.
        Waits for the device."""
        if self.stepper is not None:
            self.stepper.note_targets_moved()
            try:
                steps = self.stepper.finished(wait=True)
            except Exception:
                self.stepper.drop()  # a device that failed answers nothing: it is asked once
                raise
            self._hear(steps)

    def advance(self) -> None:
        """The steps of now: one on a processor; on a GPU it takes over the finished ones and starts this
        frame's."""
        stepper = self.stepper
        if stepper is None:
            if self.may_step:
                self.step()
            return
        self._hear(stepper.finished())
        if self.may_step and stepper.may_launch:
            stepper.launch(self.session)
            self._feed.choice.note_change()
            self._files.note_change(self.session)

    def _hear(self, steps: list[FinishedStep]) -> None:
        """Of steps that were not waited for. After one that is refused none of those behind it is there any
        more; where it is to be repeated the next launch does it."""
        for step in steps:
            outcome = hear(self.session, step.result, self._tell_line)
            if outcome != "to-repeat":
                self._note_step(step.result, step.step_ms)
            if outcome != "done":
                assert self.stepper is not None
                self.stepper.drop()
                self._feed.choice.note_change()
                self._files.note_change(self.session)
                return

    def _tell_line(self, text: str) -> None:
        self._tell(text, False)

    def _note_step(self, result: HostStepResult, step_ms: float) -> None:
        self.step_times_ms.append(step_ms)
        self.progress.note_step(result, step_ms, self.session.session.handle_ids)
        if not result.finite:
            self.is_on = False
            self._tell(NOT_FINITE, True)
        if not self._hold and (result.done or self.progress.stalled):
            self.is_on = False

    # a device that gives up

    def on_device(self, action: Callable[[], None]) -> None:
        """Does it, again with less of the device where that gives up. `action` must change nothing where it
        fails, or come to the same when it is done again. Says where that led, not what failed on the way."""
        try:
            self._fallback.run(lambda _level: action())
        finally:
            if self._descended:
                self._tell(self._descended, True)
                self._descended = ""

    def _note_descent(self, notice: str) -> None:
        self._descent = notice

    def _descend(self, level: DeviceLevel) -> None:
        """Less of the device from now on. The edit's log is in the host's memory: on the processor it is done
        again, step for step, whatever became of the device's memory."""
        if level is DeviceLevel.PREVIEW:  # what is in flight is as good as before
            for release in (self.session.session.release, self._feed.give_up_full, *self.releases):
                release()
            self._descended = self._descent
            return
        if self.stepper is not None:
            self.stepper.drop()
        if self._reopen_on_cpu is None:
            raise DeviceError(
                "the device gave up, and the edit cannot go on elsewhere; it is saved as it was"
            )
        generator = self._reopen_on_cpu(self.session.generator)
        self.session = rebuild(self.session, generator, before_step=self._refuse_if_ending)
        self.stepper = None
        self.progress = DragProgress()
        self._feed.use(None)
        self._maps.use(None)
        self._files.note_change(self.session)
        self._descended = self._descent

    def _refuse_if_ending(self, _session: EditSession) -> None:
        if not self._go_on():
            raise DeviceError("the window was closed while the edit was moved to the processor; it is saved")
