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
from gan.train.precision import Precision
from gan.train.processes import Processes
from gan.train.sample_order import SampleOrder
from gan.train.settings import TrainSettings
from gan.train.training import AveragedWeights, Moment, generator_state, restore_generator, samples

EVALUATED_AT_ONCE = 16


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
        self._precision = Precision(settings.precision, device)
        self._features = ImageFeatures(settings.feature_taps).to(device)
        self.average = AveragedWeights(generator)
        self._optimiser = torch.optim.Adam(
            generator.parameters(),
            lr=settings.learning_rate,
            betas=(settings.beta_1, settings.beta_2),
            fused=True,
        )

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """The network on the averaged weights: what is exported."""
        return self.generator.with_weights(self.average.weights)

    def step(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, float], list[float]]:
        """One update on the next batch; see `Training`."""
        for group in self._optimiser.param_groups:
            factor = learning_rate_factor(now.step, now.share, self._settings)
            group["lr"] = self._settings.learning_rate * factor
        total, losses = self.loss(self.generator, now)
        self._optimiser.zero_grad(set_to_none=True)
        self._precision.backward(total)
        names = list(losses)
        numbers = [losses[name].item() for name in names]  # sync: written to the log
        averaged = self._processes.average_gradients(self.generator.parameters(), [*numbers, *also])
        self._precision.step(self._optimiser)
        self.average.follow(self.generator, ema_decay(now.step, self._settings))
        return dict(zip(names, averaged, strict=False)), averaged[len(names) :]

    def loss(self, generator: TrainableGenerator, now: Moment) -> tuple[Tensor, dict[str, Tensor]]:
        """The paired loss of a generator on this process's part of the step's batch, and its terms."""
        s = self._settings
        everywhere = self._order.indices(now.step * s.batch_size, s.batch_size)
        batch = self.data.training_batch(everywhere[self._processes.share_of(s.batch_size)])
        losses = self._terms(generator, batch, with_features=now.step % s.perceptual_every == 0)
        total = losses["l1"] + s.coarse_weight * losses["coarse_l1"]
        if "perceptual" in losses:
            rise = s.perceptual_weight_end - s.perceptual_weight_start
            weight = s.perceptual_weight_start + now.share * rise
            total = total + weight * s.perceptual_every * losses["perceptual"]
        return total, losses

    @torch.no_grad()
    def evaluate(self, generator: TrainableGenerator | None = None) -> tuple[dict[str, float], Tensor]:
        """Plain L1 and perceptual distance of the averaged generator (or another one) on pictures it was
        never trained on; the first of them above its own, and samples."""
        generator = generator or self.averaged_generator
        l1 = perceptual = 0.0
        shown: list[Tensor] = []
        batches = self.data.held_out_batches(EVALUATED_AT_ONCE)
        count = sum(len(batch.pictures) for batch in batches)
        for batch in batches:
            pictures = self._pictures(generator, batch.factors)
            share = len(pictures) / count
            # sync: written to the log
            l1 += share * (pictures - batch.pictures).abs().mean().item()
            maps = self._features(pictures), self._features(batch.pictures)
            perceptual += share * perceptual_distance(*maps).item()
            if not shown:
                rows = range(0, len(pictures) - 7, 8)
                shown = [p[i : i + 8] for i in rows for p in (batch.pictures, pictures)]
        losses = {"held_out_l1": l1, "held_out_perceptual": perceptual}
        return losses, torch.cat([*shown, samples(generator)])

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        kept = generator_state(self.generator, self.average)
        return kept | {"optimiser": self._optimiser.state_dict(), "precision": self._precision.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state`."""
        restore_generator(self.generator, self.average, state)
        self._optimiser.load_state_dict(state["optimiser"])
        self._precision.restore(state.get("precision", {}))  # older checkpoints have none

    def _terms(
        self, generator: TrainableGenerator, batch: PairedBatch, with_features: bool
    ) -> dict[str, Tensor]:
        s = self._settings
        made = self._pictures(generator, batch.factors, self._precision.dtype)
        resolution = self.data.resolution
        landmarks = batch.landmarks[:, list(s.emphasis_landmarks)]
        weight = emphasis_map(landmarks, resolution, s.emphasis, s.emphasis_radius)
        losses = {
            "l1": weighted_l1(made, batch.pictures, weight),
            "coarse_l1": coarse_l1(made, batch.pictures),
        }
        if with_features:
            with self._precision.autocast():
                with torch.no_grad():
                    real_maps = self._features(batch.pictures)
                made_maps = self._features(made)
            made_maps, real_maps = ([m.float() for m in maps] for maps in (made_maps, real_maps))
            losses["perceptual"] = perceptual_distance(made_maps, real_maps)
        return losses

    def _pictures(
        self, generator: TrainableGenerator, factors: Tensor, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        # factors as they are: normalised ones would not tell a strong smile in a plain face from a weak one
        w = generator.map(factors, normalise=False)
        return generator.picture(generator.broadcast(w), dtype=dtype)
