"""Which of torch's and its libraries' errors say that a device gives up, and how."""

from __future__ import annotations

import pytest
import torch

from gan.device_faults import DeviceFault, fault_of
from gan.errors import EditError

FULL, LOST = DeviceFault.FULL, DeviceFault.LOST


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), FULL),
        (torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be late"), FULL),
        (RuntimeError("CUDA driver error: out of memory"), FULL),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), FULL),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
            FULL,
        ),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), FULL),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), FULL),
        (RuntimeError("Unable to find an engine to execute this computation"), FULL),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), FULL),
        (torch.AcceleratorError("CUDA error: out of memory while the stream is capturing"), FULL),
        (MemoryError(), FULL),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), LOST),
        (torch.AcceleratorError("the driver was unloaded"), LOST),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), LOST),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling cublasSgemm"), LOST),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"), LOST),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if"), None),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED_SHAPE"), None),
        (RuntimeError("cuDNN error: CUDNN_STATUS_BAD_PARAM"), None),
        (RuntimeError("CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling cublasSgemm"), None),
        (RuntimeError("CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling cublasGemmEx"), None),
        (torch.AcceleratorError("CUDA error: no kernel image is available for execution"), None),
        (torch.AcceleratorError("CUDA error: invalid configuration argument"), None),
        (torch.AcceleratorError("CUDA error: operation not permitted when stream is capturing"), None),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), None),
        (EditError("there is no handle to drag"), None),
        (ZeroDivisionError("CUDA error"), None),
    ],
)
def test_what_an_error_says_of_the_device(error: Exception, fault: DeviceFault | None) -> None:
    assert fault_of(error) is fault
