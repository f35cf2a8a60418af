"""The checkpoint: everything that a run needs to go on, in one file that is whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from gan.train.settings import TrainError

CHECKPOINT_FILE = "checkpoint.pt"
VERSION = 1


def write_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Replaces the folder's checkpoint at once. Raises TrainError."""
    path = folder / CHECKPOINT_FILE
    unfinished = folder / f".{CHECKPOINT_FILE}.part"
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
    except Exception as error:
        raise TrainError(
            f"'{path}' cannot be read ({type(error).__name__}); remove it to start anew"
        ) from error
    if state.get("version") != VERSION:
        raise TrainError(f"'{path}' is of another version of this trainer; remove it to start anew")
    return state
