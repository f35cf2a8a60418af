"""What an error says about the device: that its memory is full, that it is lost, or nothing.

torch has a type of its own only for some of them. The libraries under it and other devices raise a plain
RuntimeError, and where CUDA itself is out of memory (page-locked memory, a graph) the type is the one of a
lost device: their texts decide.
"""

from __future__ import annotations

from enum import Enum

import torch


class DeviceFault(Enum):
    """How a device gives up."""

    FULL = "its memory is full"
    LOST = "it answers nothing any more"


_FULL_TEXTS = (
    "out of memory",  # CUDA itself, MPS
    "can't allocate memory",  # the processor's allocator
    "not enough memory",  # the same on Windows
    "_status_alloc_failed",  # cuBLAS, cuDNN
    "allocation_failed",  # cuDNN from 9 on, which says whose
    "cublas_status_not_initialized",  # its workspace did not fit when it was first used
    "unable to find an engine",  # cuDNN, where no algorithm's workspace fits
)
# What was asked for cannot be done, but the device is well. What only ends a recording is in here too.
_WELL_TEXTS = (
    "_status_not_supported",
    "_status_bad_param",
    "_status_invalid_value",
    "_status_arch_mismatch",
    "_status_version_mismatch",
    "invalid argument",
    "invalid configuration argument",
    "invalid device function",
    "no kernel image",
    "captur",
)
_LOST_TEXTS = ("cudnn error", "cublas_status_", "cuda error", "cuda driver error", "cufft error")


def fault_behind(error: BaseException) -> BaseException:
    """The error, or the one that it hides: what fails for a device that gives up may fail again on its way
    out (the end of a recording), and the last error is the one that is heard."""
    hidden: BaseException | None = error
    while hidden is not None:
        if fault_of(hidden) is not None:
            return hidden
        hidden = hidden.__context__
    return error


def fault_of(error: BaseException) -> DeviceFault | None:
    """The fault that this error reports; None where the device is well."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return DeviceFault.FULL
    if not isinstance(error, RuntimeError):
        return None
    text = str(error).lower()
    if any(part in text for part in _FULL_TEXTS):
        return DeviceFault.FULL
    if any(part in text for part in _WELL_TEXTS):
        return None
    if isinstance(error, torch.AcceleratorError) or any(part in text for part in _LOST_TEXTS):
        return DeviceFault.LOST
    return None
