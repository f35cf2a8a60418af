"""Paired training: the generator learns the picture of given factors, as a regression."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan.image_features import ImageFeatures
from gan.train.budget import ema_decay, learning_rate_factor
from gan.train.generator import TrainableGenerator
from gan.train.paired_loss import coarse_l1, emphasis_map, perceptual_distance, weighted_l1
from gan.train.paired_set import PairedBatch, PairedSet
from gan.train.processes import Processes
from gan.train.sample_order import SampleOrder
from gan.train.settings import TrainSettings


class PairedTraining:
    """The generator, its average and its optimiser; `step` is one update."""

    def __init__(
        self,
        generator: TrainableGenerator,
        data: PairedSet,
        settings: TrainSettings,
        processes: Processes,
        device: torch.device,
    ) -> None:
        self.generator = generator
        self.data = data
        self._settings = settings
        self._processes = processes
        self._order = SampleOrder(data.count, settings.seed)
        self._features = ImageFeatures(settings.feature_taps).to(device)
        self.average = {name: w.detach().clone() for name, w in generator.weights.items()}
        self._optimiser = torch.optim.Adam(
            generator.parameters(),
            lr=settings.learning_rate,
            betas=(settings.beta_1, settings.beta_2),
            fused=True,
        )

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """The network on the averaged weights: what is exported."""
        return self.generator.with_weights(self.average)

    def step(self, step: int, share: float, also: tuple[float, ...]) -> tuple[dict[str, float], list[float]]:
        """One update on the next batch.

        share: of the budget, used up. also: numbers to average over all processes on the way.
        Returns the losses, averaged over all processes, and those numbers.
        """
        s = self._settings
        everywhere = self._order.indices(step * s.batch_size, s.batch_size)
        batch = self.data.batch(everywhere[self._processes.share_of(s.batch_size)])
        for group in self._optimiser.param_groups:
            group["lr"] = s.learning_rate * learning_rate_factor(step, share, s)
        losses = self._losses(batch, with_features=step % s.perceptual_every == 0)
        weight = s.perceptual_weight_start + share * (s.perceptual_weight_end - s.perceptual_weight_start)
        total = losses["l1"] + s.coarse_weight * losses["coarse_l1"]
        if "perceptual" in losses:
            total = total + weight * s.perceptual_every * losses["perceptual"]
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        names = list(losses)
        numbers = [losses[name].item() for name in names]  # sync: written to the log
        averaged = self._processes.average_gradients(self.generator.parameters(), [*numbers, *also])
        self._optimiser.step()
        self._follow(ema_decay(step, s))
        return dict(zip(names, averaged, strict=False)), averaged[len(names) :]

    @torch.no_grad()
    def held_out(self, part: int = 16) -> tuple[dict[str, float], Tensor, Tensor]:
        """Plain L1 and perceptual distance of the averaged generator on pictures it was never trained on,
        and the first of them with its own: (N, 3, H, W) each."""
        generator = self.averaged_generator
        indices = self.data.held_out_indices
        l1 = perceptual = 0.0
        made: list[Tensor] = []
        real: list[Tensor] = []
        for first in range(0, len(indices), part):
            batch = self.data.batch(indices[first : first + part])
            pictures = self._pictures(generator, batch.factors)
            share = len(pictures) / len(indices)
            # sync: written to the log
            l1 += share * (pictures - batch.pictures).abs().mean().item()
            maps = self._features(pictures), self._features(batch.pictures)
            perceptual += share * perceptual_distance(*maps).item()
            made.append(pictures)
            real.append(batch.pictures)
        losses = {"held_out_l1": l1, "held_out_perceptual": perceptual}
        return losses, torch.cat(made[:1]), torch.cat(real[:1])

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {
            "weights": {name: w.detach() for name, w in self.generator.weights.items()},
            "constants": self.generator.constants,
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state`."""
        with torch.no_grad():
            for name, weight in self.generator.weights.items():
                weight.copy_(state["weights"][name])
                self.average[name].copy_(state["average"][name])
            for name, constant in self.generator.constants.items():
                constant.copy_(state["constants"][name])
        self._optimiser.load_state_dict(state["optimiser"])

    def _losses(self, batch: PairedBatch, with_features: bool) -> dict[str, Tensor]:
        s = self._settings
        made = self._pictures(self.generator, batch.factors)
        resolution = self.data.resolution
        landmarks = batch.landmarks[:, list(s.emphasis_landmarks)]
        weight = emphasis_map(landmarks, resolution, s.emphasis, s.emphasis_radius)
        losses = {
            "l1": weighted_l1(made, batch.pictures, weight),
            "coarse_l1": coarse_l1(made, batch.pictures),
        }
        if with_features:
            with torch.no_grad():
                real_maps = self._features(batch.pictures)
            losses["perceptual"] = perceptual_distance(self._features(made), real_maps)
        return losses

    def _pictures(self, generator: TrainableGenerator, factors: Tensor) -> Tensor:
        # factors as they are: normalised ones would not tell a strong smile in a plain face from a weak one
        return generator.picture(generator.broadcast(generator.map(factors, normalise=False)))

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        averages = list(self.average.values())
        torch._foreach_lerp_(averages, self.generator.parameters(), 1 - decay)
