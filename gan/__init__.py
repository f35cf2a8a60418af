"""Generators, model files and the drag loop: the part of LiveDrag that needs no window."""

from gan.errors import DeviceError, EditError, LiveDragError, ModelFileError
from gan.generator import Generator, Provenance
from gan.model_file import load_generator

__all__ = [
    "DeviceError",
    "EditError",
    "Generator",
    "LiveDragError",
    "ModelFileError",
    "Provenance",
    "load_generator",
]
