"""`Training`: what the loop (trainer.py) asks of a way to train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from gan.train.generator import TrainableGenerator
from gan.train.processes import Number

SHEET_SAMPLES = 16


@dataclass(frozen=True)
class Moment:
    """When a step happens. step: of the run, from 0; share: of the budget, used up."""

    step: int
    share: float


class Training(Protocol):
    """Weights, optimisers and data of one run, the same in all processes after every step."""

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """The network on the averaged weights: what is exported."""
        ...

    def step(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        """One update. also: numbers to average over all processes on the way.

        Returns the losses, averaged over all processes, and those numbers; what is a tensor () is still being
        computed, and whoever reads it waits for the device.
        """
        ...

    def evaluate(self) -> tuple[dict[str, float], Tensor]:
        """Measures of the averaged generator, and pictures (N, 3, H, W) for the sample sheet, eight a row."""
        ...

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from a `state`. Raises KeyError, RuntimeError or ValueError where it is of another run."""
        ...


class AveragedWeights:
    """The running average of a generator's weights."""

    def __init__(self, generator: TrainableGenerator) -> None:
        self.weights = {name: w.detach().clone() for name, w in generator.weights.items()}

    @torch.no_grad()
    def follow(self, generator: TrainableGenerator, decay: Number) -> None:
        """average <- decay * average + (1 - decay) * weights. decay: a tensor () where it lies on a
        device."""
        averages = list(self.weights.values())
        if not isinstance(decay, Tensor):
            get_ema_multi_avg_fn(decay)(averages, generator.parameters(), 0)
            return
        # a few launches for all tensors; torch has no public name for them
        ways = torch._foreach_sub(generator.parameters(), averages)  # pyright: ignore
        torch._foreach_mul_(ways, 1 - decay)  # pyright: ignore
        torch._foreach_add_(averages, ways)  # pyright: ignore


def generator_state(generator: TrainableGenerator, average: AveragedWeights) -> dict[str, Any]:
    """The generator and its average, for a checkpoint."""
    weights = {name: w.detach() for name, w in generator.weights.items()}
    return {"weights": weights, "constants": generator.constants, "average": average.weights}


@torch.no_grad()
def restore_generator(generator: TrainableGenerator, average: AveragedWeights, state: dict[str, Any]) -> None:
    """Puts the numbers of `generator_state` back."""
    for kept, own in (
        ("weights", generator.weights),
        ("constants", generator.constants),
        ("average", average.weights),
    ):
        if state[kept].keys() != own.keys():
            raise ValueError(f"{kept} of another generator")
        for name, tensor in own.items():
            tensor.copy_(state[kept][name])


@torch.no_grad()
def samples(generator: TrainableGenerator, count: int = SHEET_SAMPLES) -> Tensor:
    """Pictures (count, 3, H, W) of the same z every time, as a sampler would make them."""
    source = torch.Generator().manual_seed(1)
    z = torch.randn(count, generator.architecture.z_dim, generator=source)
    z = z.to(generator.parameters()[0].device)
    return generator.picture(generator.broadcast(generator.map(z)))
