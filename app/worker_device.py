"""`WorkerDevice`: what the drag worker does otherwise for a GPU than for a processor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch

from app.device_stepper import DeviceStepper
from app.layer_maker import LayerMaker
from app.picture_maker import PictureMaker
from gan.generator import Generator


@dataclass(frozen=True)
class WorkerDevice:
    """The default is a processor.

    pictures: makes them; None = in the host's memory. stepper: starts steps without waiting for them, a few
    in every frame of the window; None = one step after the other, each waited for. reopen_on_cpu: the same
    generator on the processor, for when the device gives up; None = the drag stops then. layers: brings what
    overlays show to the window; None = in the host's memory.
    """

    pictures: PictureMaker | None = None
    stepper: DeviceStepper | None = None
    reopen_on_cpu: Callable[[Generator], Generator] | None = None
    layers: LayerMaker | None = None


@cache
def device_name(device: torch.device) -> str:
    """For a person: what computes."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return {"cpu": "processor", "mps": "Apple GPU"}.get(device.type, str(device))
