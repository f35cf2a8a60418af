"""`StepResult`: what one drag step says, on the device; and the same on the host."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class HostStepResult:
    """A StepResult as numpy arrays and plain values."""

    iteration: int
    handles: NDArray[np.float64]
    targets: NDArray[np.float64]
    distances_px: NDArray[np.float64]
    confidences: NDArray[np.float64]
    loss: float
    done: bool
    finite: bool


@dataclass(frozen=True)
class StepResult:
    """Outcome of one step; tensors stay on the device until `to_host`.

    iteration: steps since the session began (host). handles, targets: (N, 2) px, after the step.
    distances_px: (N,). confidences: (N,) in 0..1, how far the tracking can be trusted
    (`gan.point_tracking.tracking_confidence`). loss: () before the update. done: () bool, every handle
    has arrived. finite: () bool; False = the update was refused and the latent is the last good one.
    """

    iteration: int
    handles: Tensor
    targets: Tensor
    distances_px: Tensor
    confidences: Tensor
    loss: Tensor
    done: Tensor
    finite: Tensor

    def to_host(self) -> HostStepResult:
        """Everything on the host, in one transfer."""
        return self.unpacked(self.packed().cpu())  # sync: the one of a step, at the caller's wish

    def packed(self) -> Tensor:
        """All values as one vector on the device, for `unpacked`."""
        scalars = torch.stack([self.loss, self.done.to(self.loss.dtype), self.finite.to(self.loss.dtype)])
        parts = [self.handles.flatten(), self.targets.flatten(), self.distances_px, self.confidences, scalars]
        return torch.cat(parts)

    def unpacked(self, packed: Tensor) -> HostStepResult:
        """The result from its packed values, which are on the host."""
        count = self.handles.shape[0]
        values = packed.double().numpy()
        return HostStepResult(
            iteration=self.iteration,
            handles=values[: 2 * count].reshape(count, 2),
            targets=values[2 * count : 4 * count].reshape(count, 2),
            distances_px=values[4 * count : 5 * count],
            confidences=values[5 * count : 6 * count],
            loss=float(values[-3]),
            done=bool(values[-2]),
            finite=bool(values[-1]),
        )
