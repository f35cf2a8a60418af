"""`Capture`: takes a recording's frames from the compositor, when they are due and there is time for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.provenance import PictureProvenance
from app.recording.choice import RecordingChoice
from app.recording.cursor import Cursor
from app.recording.recorded_scene import recorded_cursor, recorded_scene
from app.recording.recorder import Recorder, Shot
from app.state import AppState
from render.compositor import Compositor
from render.scene import Scene

BUDGET_MS = 33.0  # of a frame of the window: below it, it shows fewer than 30 a second
LONGEST_PAUSE_FRAMES = 4  # where the window is too slow by itself: every so many of its frames, all the same
NO_PIXELS = np.zeros((0, 0, 3), np.uint8)
EXTEND_EVERY_S = 0.5  # while nothing changes: so that a killed program has written it too


class Capture:
    """Called once a frame, after the canvas is composed. The window's own composition is read where the
    recording shows the same; else the recording is composed beside it."""

    def __init__(
        self,
        recorder: Recorder,
        choice: RecordingChoice,
        size: tuple[int, int],
        clock: Callable[[], float],
        provenance: Callable[[], PictureProvenance] | None = None,
    ) -> None:
        """provenance: of what is shown; None = nobody asks."""
        self._provenance = provenance
        self._recorder = recorder
        self._choice = choice
        self._size = size
        self._clock = clock
        self._start = clock()
        self._companion: Compositor | None = None
        self._last: tuple[Scene, Cursor | None] | None = None
        self._captured = -1  # number of the frame that was taken last
        self._missed: int | None = None  # of the one that is due; it may still be taken while it is
        self._extended_at = self._start
        self._changed = True
        self._waiting: deque[tuple[Compositor, Shot]] = deque()  # whose pixels are still to come
        self._frames_since = 0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._start

    @property
    def number(self) -> int:
        """Of the frame that is due now."""
        return int(self.seconds * self._choice.fps)

    def follow(self, state: AppState, compositor: Compositor, shown: Scene | None, composed: bool) -> None:
        """shown: what the canvas shows; None = nothing yet. composed: that is new in this frame."""
        self._collect()
        if shown is None:
            return
        self._frames_since += 1
        number = self.number
        self._count_missed(before=number)
        scene = recorded_scene(state, self._choice, self._size)
        cursor = recorded_cursor(state, scene) if self._choice.cursor else None
        self._changed = self._changed or composed or self._last != (scene, cursor)
        if number <= self._captured:
            return
        if not self._changed:
            self._extend(number)
            return
        taken = self._has_time(state) and self._take(compositor, scene, shown, number, cursor)
        self._missed = None if taken else number

    def stop(self) -> None:
        """The last frames are fetched, and the recorder is told to finish."""
        number = self.number + 1
        self._count_missed(before=number)
        try:
            for _ in range(100):  # a fence is signalled within milliseconds
                self._collect()
                if not self._waiting:
                    break
        finally:
            self._recorder.note_left_out(len(self._waiting))
            self._recorder.stop(number)
            companion, self._companion = self._companion, None
            if companion is not None:
                companion.close()

    def _take(
        self, compositor: Compositor, scene: Scene, shown: Scene, number: int, cursor: Cursor | None
    ) -> bool:
        source = compositor
        if scene != shown:
            if self._companion is None:
                self._companion = compositor.companion()
            source = self._companion
            source.compose(scene)
        if not source.begin_read():
            return False
        provenance = None if self._provenance is None else self._provenance()
        self._waiting.append((source, Shot(number, NO_PIXELS, cursor, provenance)))
        self._captured, self._frames_since = number, 0
        self._last, self._changed = (scene, cursor), False
        self._extended_at = self._clock()
        return True

    def _collect(self) -> None:
        """Hands over what has arrived, in order."""
        while self._waiting:
            source, shot = self._waiting[0]
            pixels = source.take_read()
            if pixels is None:
                return
            self._waiting.popleft()
            if pixels.shape[:2] != (self._size[1], self._size[0]):
                self._recorder.note_left_out()
                self._changed = True
            elif not self._recorder.offer(replace(shot, pixels=pixels)):
                self._changed = True  # else a picture that stays would never be in the file

    def _count_missed(self, before: int) -> None:
        if self._missed is not None and self._missed < before:
            self._missed = None
            self._recorder.note_left_out()

    def _extend(self, number: int) -> None:
        if self._clock() - self._extended_at >= EXTEND_EVERY_S and not self._waiting:
            self._extended_at = self._clock()
            self._recorder.extend(number)

    def _has_time(self, state: AppState) -> bool:
        """The work of the last frames, captures included, fits into a frame: else captures become rarer until
        it does."""
        return state.timing.work_ms <= BUDGET_MS or self._frames_since >= LONGEST_PAUSE_FRAMES
