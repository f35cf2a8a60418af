"""What happens when the device gives up in the middle of an edit: less of it, then the processor; one line
each.

A small state machine without tensors: it is told of failures and says what to try next.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from gan.device_faults import DeviceFault, fault_of
from gan.errors import DeviceError

T = TypeVar("T")


class DeviceLevel(Enum):
    """What is asked of the device, most first."""

    FULL = "full pictures on the GPU"
    PREVIEW = "preview pictures on the GPU"
    CPU = "everything on the processor"


NOTICES = {
    DeviceLevel.PREVIEW: "GPU memory is full; pictures are shown at preview resolution.",
    DeviceLevel.CPU: "GPU memory is full; the edit goes on, slower, on the processor.",
}
LOST_NOTICE = "the GPU stopped answering; the edit goes on, slower, on the processor."
NOT_MOVED = (
    "the GPU gave up, and the processor's memory is too full for the edit; it is as it was and saved: close "
    "other programs and go on"
)
_LEVELS = tuple(DeviceLevel)


class DeviceFallback:
    """Runs work at a level and goes down a level where the device cannot: never up again by itself.

    descend: called with the new level before the work is tried again: frees what the old level held and, for
    CPU, rebuilds the session there from what the host knows. notify: shows one line.
    """

    def __init__(
        self,
        level: DeviceLevel,
        descend: Callable[[DeviceLevel], None],
        notify: Callable[[str], None],
    ) -> None:
        self._level = level
        self._descend = descend
        self._notify = notify

    @property
    def level(self) -> DeviceLevel:
        """Where work is done now."""
        return self._level

    def run(self, work: Callable[[DeviceLevel], T]) -> T:
        """work(level), tried again a level lower for every failure. Raises DeviceError where the processor's
        memory is full too."""
        while True:
            try:
                return work(self._level)
            except (RuntimeError, MemoryError) as error:
                fault = fault_of(error)
                if fault is DeviceFault.FULL:
                    self._go_down(_next(self._level), None, error)
                elif fault is DeviceFault.LOST:  # it holds nothing any more: no smaller level helps
                    lost = DeviceLevel.CPU if self._level is not DeviceLevel.CPU else None
                    self._go_down(lost, LOST_NOTICE, error)
                else:
                    raise

    def _go_down(self, level: DeviceLevel | None, notice: str | None, error: Exception) -> None:
        if level is None:
            full = "the memory is full; close other programs or use a smaller generator"
            lost = "the device stopped answering; save the session and start the program again"
            raise DeviceError(full if notice is None else lost) from error
        self._notify(notice or NOTICES[level])
        try:
            self._descend(level)
        except (RuntimeError, MemoryError) as again:
            fault = fault_of(again)
            if fault is None:
                raise
            if level is DeviceLevel.CPU:
                raise DeviceError(NOT_MOVED) from again
            # giving memory back has failed too: the device is worse off than it had said
            self._go_down(DeviceLevel.CPU, LOST_NOTICE if fault is DeviceFault.LOST else None, again)
            return
        self._level = level  # only now: where nothing could be rebuilt, the next failure tries again


def _next(level: DeviceLevel) -> DeviceLevel | None:
    index = _LEVELS.index(level) + 1
    return _LEVELS[index] if index < len(_LEVELS) else None
