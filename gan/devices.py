"""Turns a device's name into a torch device that computes exactly, or says why it is not there."""

from __future__ import annotations

import torch

from gan.errors import DeviceError


def resolve_device(device: str | torch.device) -> torch.device:
    """'cpu', 'cuda', 'cuda:1' or 'mps' -> the device. Raises DeviceError where this machine has none.

    From the first CUDA device on, the process computes as `use_exact_arithmetic` says.
    """
    try:
        target = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f"device '{device}' is unknown; allowed are cpu, cuda and mps") from error
    if target.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (target.index or 0) >= count:
            raise DeviceError(
                f"device '{device}' was asked for, but torch sees {count} CUDA devices; use --device cpu"
            )
        use_exact_arithmetic()
    elif target.type == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("device 'mps' was asked for, but there is no Apple GPU here; use --device cpu")
    elif target.type != "cpu":
        raise DeviceError(f"device '{device}' is not supported; allowed are cpu, cuda and mps")
    return target


def use_exact_arithmetic() -> None:
    """32-bit numbers are multiplied as such, and sums have one order, in the whole process.

    On GPUs since Ampere torch convolves 32-bit tensors in TF32 unless it is told otherwise, which keeps 10 of
    23 bits: features and gradients would be good to 1e-3, the step's promise is 1e-4. Windows are cut, and
    read, by matrix products, which must return the very features. cuDNN's fastest backward convolutions add
    in any order; a snapshot's next steps are to be the same bit for bit. Set here and not around every step:
    torch keeps these per process, and a recorded graph has what was in force when it was recorded. Layers
    that may be coarser say so by their type (`gan.half_precision`).
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def enter(device: torch.device) -> None:
    """To be called first by a thread that computes on a device. Does nothing for others than CUDA's: there
    any kernel makes the device's context the thread's, but not a matrix product, of which cuBLAS warns."""
    if device.type == "cuda":
        torch.zeros(1, device=device)  # torch.cuda.set_device leaves out what it takes to be in force


def best_device() -> torch.device:
    """cuda where there is one, then mps, then cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
