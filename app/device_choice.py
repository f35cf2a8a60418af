"""Which device the window computes on: the one that was asked for, else the best one that works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from app.copy_stream import CopyStream, DeviceCopyStream
from app.device_pictures import DevicePictures, host_copy, host_map
from app.device_stepper import DeviceStepper
from app.device_timer import DeviceTimer, Timer
from app.layer_maker import DeviceLayers
from app.worker_device import WorkerDevice
from gan.devices import best_device
from gan.errors import DeviceError
from gan.generator import Generator
from gan.model_file import load_generator, reopen_on_cpu
from render.cuda_driver import CudaInteropDriver, InteropDriver
from render.picture_uploader import PictureUploader

Say = Callable[[str], None]
LoadOnDevice = Callable[[Path | None, str], Generator]


@dataclass(frozen=True)
class CudaCalls:
    """What window and worker ask of CUDA itself; tests give some that need no GPU.

    open_stream: for the window's copies from this device. start_timer: of work that is queued there.
    open_driver: shares memory with OpenGL.
    """

    open_stream: Callable[[torch.device], CopyStream] = DeviceCopyStream
    start_timer: Callable[[torch.device], Timer] = DeviceTimer
    open_driver: Callable[[], InteropDriver] = CudaInteropDriver


def load_on(
    model: Path | None,
    asked: str | None,
    say: Say,
    load: LoadOnDevice = load_generator,
    best: Callable[[], torch.device] = best_device,
) -> Generator:
    """The generator, on `asked`; None = on the best device on which it makes a picture.

    Raises LiveDragError for a model that cannot be read, or a device that was asked for and is not there.
    """
    if asked == "cpu":
        return load(model, asked)
    if asked is not None:
        try:
            return load(model, asked)
        except (RuntimeError, NotImplementedError) as error:
            raise DeviceError(f"{asked} cannot be used ({_first_line(error)}); use --device cpu") from error
    device = str(best())
    if device == "cpu":
        return load(model, "cpu")
    try:
        generator = load(model, device)
        generator.image(generator.sample(0)).sum().item()  # sync: once, to hear of a failure now
    except (RuntimeError, NotImplementedError) as error:  # what torch raises where a device lets it down
        say(f"{device} cannot be used ({_first_line(error)}); computing on the processor instead")
        return load(model, "cpu")
    return generator


def cuda_uploader(
    device: torch.device, say: Say, calls: CudaCalls | None = None
) -> Callable[[], PictureUploader] | None:
    """Opens what takes pictures from that device's memory; None where they are in the host's anyway."""
    if device.type != "cuda":
        return None
    calls = calls or CudaCalls()

    def open_uploader() -> PictureUploader:
        from render.cuda_uploader import CudaPictureUploader

        return CudaPictureUploader(device.index or 0, host_copy, say, calls.open_driver, host_map)

    return open_uploader


def worker_device(
    device: torch.device, takes_device_pictures: bool, calls: CudaCalls | None = None
) -> WorkerDevice:
    """What the drag worker does for this device. takes_device_pictures: the window's display."""
    if device.type == "cpu":
        return WorkerDevice()
    if device.type != "cuda":  # no events to time steps with: one after the other, as on a processor
        return WorkerDevice(reopen_on_cpu=reopen_on_cpu)
    calls = calls or CudaCalls()

    def start_timer() -> Timer:
        return calls.start_timer(device)

    pictures = layers = None
    if takes_device_pictures:
        pictures = DevicePictures(lambda: calls.open_stream(device), start_timer)
        layers = DeviceLayers(calls.open_stream(device))
    return WorkerDevice(pictures, DeviceStepper(start_timer=start_timer), reopen_on_cpu, layers)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
