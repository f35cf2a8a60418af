"""Generators, model files and the drag loop: the part of LiveDrag that needs no window."""

from gan.drag_params import PARAM_RANGES, DragParams, ParamRange
from gan.drag_session import DragSession
from gan.drag_state import DragSnapshot
from gan.errors import DeviceError, EditError, LiveDragError, ModelFileError
from gan.generator import Generator, Provenance
from gan.model_file import load_generator
from gan.step_result import HostStepResult, StepResult

__all__ = [
    "PARAM_RANGES",
    "DeviceError",
    "DragParams",
    "DragSession",
    "DragSnapshot",
    "EditError",
    "Generator",
    "HostStepResult",
    "LiveDragError",
    "ModelFileError",
    "ParamRange",
    "Provenance",
    "StepResult",
    "load_generator",
]
