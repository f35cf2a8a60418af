"""The CUDA seam: tells arrays in a GPU's memory from host arrays, without importing torch or CuPy."""

from typing import Any

_DLPACK_CPU = 1  # kDLCPU of the DLPack standard
_DLPACK_CUDA_HOST = 3  # kDLCUDAHost: pinned, readable by the host


def is_device_array(value: object) -> bool:
    """True if the value exposes memory of a device, by `__cuda_array_interface__` or by DLPack.

    Host arrays speak DLPack too (numpy, torch on the CPU), so the device that they report decides.
    """
    array: Any = value
    # DLPack first: torch raises more than AttributeError when a tensor that requires a gradient is asked for
    # the other one.
    dlpack_device = getattr(array, "__dlpack_device__", None)
    if dlpack_device is not None:
        return int(dlpack_device()[0]) not in (_DLPACK_CPU, _DLPACK_CUDA_HOST)
    return getattr(array, "__cuda_array_interface__", None) is not None
