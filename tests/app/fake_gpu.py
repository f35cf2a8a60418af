"""Stand-ins for what a GPU needs: streams, timers and the device of a worker."""

from __future__ import annotations

from collections.abc import Callable

from app.device_pictures import DevicePictures
from app.device_stepper import DeviceStepper
from app.worker_device import WorkerDevice
from gan.generator import Generator


class FakeCopyStream:
    """Notes what is asked of it, under its handle."""

    def __init__(self, handle: int = 77, log: list[tuple[str, int]] | None = None) -> None:
        self.handle = handle
        self.log: list[tuple[str, int]] = [] if log is None else log

    def hold(self, pixels: object) -> None:
        self.log.append(("hold", self.handle))

    def follow(self) -> None:
        self.log.append(("follow", self.handle))

    def precede(self) -> None:
        self.log.append(("precede", self.handle))


class QuickTimer:
    """2 ms, at once."""

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return 2.0


def gpu_device(reopen: Callable[[Generator], Generator] | None = None) -> WorkerDevice:
    return WorkerDevice(
        DevicePictures(FakeCopyStream, QuickTimer), DeviceStepper(start_timer=QuickTimer), reopen
    )
