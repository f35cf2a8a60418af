"""Turns a device's name into a torch device, or says why it is not there."""

from __future__ import annotations

import torch

from gan.errors import DeviceError


def resolve_device(device: str | torch.device) -> torch.device:
    """'cpu', 'cuda', 'cuda:1' or 'mps' -> the device. Raises DeviceError where this machine has none."""
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
    elif target.type == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("device 'mps' was asked for, but there is no Apple GPU here; use --device cpu")
    elif target.type != "cpu":
        raise DeviceError(f"device '{device}' is not supported; allowed are cpu, cuda and mps")
    return target


def best_device() -> torch.device:
    """cuda where there is one, then mps, then cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
