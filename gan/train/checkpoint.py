"""The checkpoint: everything that a run needs to go on, in one file that is whole or not there.

Up to SIZE_LIMIT_BYTES every number is kept exactly, so that a run goes on as if nothing had happened. Above
it, what tolerates rounding is kept in 16 bits: Adam's moments, and how far the averaged weights are from the
others. Long runs on borrowed machines carry their checkpoint from one to the next.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from gan.train.settings import TrainError

CHECKPOINT_FILE = "checkpoint.pt"
VERSION = 1
SIZE_LIMIT_BYTES = 60_000_000
_MOMENTS = ("exp_avg", "exp_avg_sq")


def write_checkpoint(folder: Path, state: dict[str, Any], limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
    """Replaces the folder's checkpoint at once. Raises TrainError."""
    path = folder / CHECKPOINT_FILE
    unfinished = folder / f".{CHECKPOINT_FILE}.part"
    if tensor_bytes(state) > limit_bytes:
        state = _rounded(state)
    try:
        with unfinished.open("wb") as file:
            torch.save(state | {"version": VERSION}, file)
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
        unfinished.replace(path)
    except (OSError, RuntimeError) as error:
        unfinished.unlink(missing_ok=True)
        raise TrainError(f"cannot write '{path}': {error}") from error


def read_checkpoint(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """The folder's checkpoint, None where there is none. Raises TrainError where it is damaged."""
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, device, weights_only=True)
    except Exception as error:  # torch raises anything at all on damaged archives
        told = type(error).__name__
        raise TrainError(f"'{path}' cannot be read ({told}); remove it to start anew") from error
    if state.get("version") != VERSION:
        raise TrainError(f"'{path}' is of another version of this trainer; remove it to start anew")
    return _restored(state)


def tensor_bytes(state: object) -> int:
    """Bytes of all tensors in nested dictionaries."""
    if isinstance(state, Tensor):
        return state.numel() * state.element_size()
    if isinstance(state, dict):
        return sum(tensor_bytes(value) for value in cast(dict[Any, object], state).values())
    return 0


def _rounded(state: dict[Any, Any]) -> dict[Any, Any]:
    """The same with moments in bfloat16, and averages as float16 distances from the weights beside them."""
    rounded: dict[Any, Any] = {}
    for key, value in state.items():
        if key in _MOMENTS:
            rounded[key] = value.bfloat16()  # their range is wide, their precision is not needed
        elif key == "average" and "weights" in state:
            weights = state["weights"]
            rounded["average_distance"] = {name: (a - weights[name]).half() for name, a in value.items()}
        else:
            rounded[key] = _rounded(cast(dict[Any, Any], value)) if isinstance(value, dict) else value
    return rounded


def _restored(state: dict[Any, Any]) -> dict[Any, Any]:
    """Undoes `_rounded` as far as that goes; exact states stay as they are."""
    restored: dict[Any, Any] = {}
    for key, value in state.items():
        if key in _MOMENTS:
            restored[key] = value.float()
        elif key == "average_distance":
            weights = state["weights"]
            restored["average"] = {name: weights[name] + d.float() for name, d in value.items()}
        else:
            restored[key] = _restored(cast(dict[Any, Any], value)) if isinstance(value, dict) else value
    return restored
