"""Mixed precision: which parts run in 16 bits, and the scaling that float16 gradients need."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from gan.train.settings import PrecisionName

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def best_precision(device: torch.device) -> PrecisionName:
    """bfloat16 on a GPU that has it, else float32."""
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return "bfloat16" if fast else "float32"


@contextmanager
def fast_convolutions(device: torch.device) -> Generator[None]:
    """While it lasts, cuDNN uses the fastest algorithm for each shape, found by trying, whatever order it
    adds in. `gan.devices` forbids that to drags, which must repeat themselves to the bit; a training run need
    not, and would be slowed most in its weights' gradients. Elsewhere than on CUDA it changes nothing."""
    if device.type != "cuda":
        yield
        return
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic
    cudnn.benchmark, cudnn.deterministic = True, False
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.deterministic = before


class Precision:
    """float16 needs its gradients scaled, and more than that its activations held (conv_clamp); bfloat16 has
    float32's range and needs neither, but fewer GPUs are fast at it."""

    def __init__(self, name: PrecisionName, device: torch.device) -> None:
        self.dtype = _TYPES[name]
        self._device = device
        self._scaler = torch.amp.GradScaler(device.type, enabled=self.dtype == torch.float16)

    def autocast(self) -> AbstractContextManager[Any]:
        """The discriminator's convolutions inside run in the chosen type; the generator's layers do so by
        themselves (half_synthesis.py)."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, self.dtype)

    def backward(self, total: Tensor) -> None:
        """Gradients of a loss, scaled where float16 needs it."""
        self._scaler.scale(total).backward()  # pyright: ignore[reportUnknownMemberType]

    def step(self, optimiser: torch.optim.Optimizer) -> None:
        """One update, left out where a float16 gradient overflowed: in all processes alike, since gradients
        are averaged first."""
        self._scaler.step(optimiser)
        self._scaler.update()

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        return self._scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state`."""
        if state:
            self._scaler.load_state_dict(state)
