"""Paired training: the generator learns the picture of given factors, as a regression.

On a GPU a step is one recorded graph (recorded_step.py) where that can be; else its operations are launched
one by one: on a processor, by several processes, in float16 (whose scaling may leave a step out), and where
the set has no room on the GPU.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from gan.cuda_graphs import CudaGraphs
from gan.image_features import ImageFeatures
from gan.step_runner import GraphBackend
from gan.train.budget import ema_decay, learning_rate_factor
from gan.train.generator import TrainableGenerator
from gan.train.paired_loss import coarse_l1, emphasis_map, halvings, perceptual_distance, weighted_l1
from gan.train.paired_set import PairedBatch, PairedSet
from gan.train.precision import Precision, fast_convolutions
from gan.train.processes import Number, Processes
from gan.train.recorded_step import RecordedStep, StepNumbers
from gan.train.sample_order import SampleOrder
from gan.train.settings import TrainSettings
from gan.train.training import AveragedWeights, Moment, generator_state, restore_generator, samples

EVALUATED_AT_ONCE = 16
log = logging.getLogger(__name__)

LOSSES = ("l1", "coarse_l1", "perceptual")


def graphs_for(
    data: PairedSet, settings: TrainSettings, processes: Processes, device: torch.device
) -> GraphBackend | None:
    """What records the steps of such a training; None where they are launched one operation at a time."""
    if device.type != "cuda" or processes.count > 1 or settings.precision == "float16":
        return None
    if not data.is_resident:
        log.warning("the set has no room on the GPU: every batch is copied there, which is slower")
        return None
    return CudaGraphs(device)


class PairedTraining:
    """The generator, its average and its optimiser; `step` is one update.

    graphs: see `graphs_for`.
    """

    def __init__(
        self,
        generator: TrainableGenerator,
        data: PairedSet,
        settings: TrainSettings,
        processes: Processes,
        device: torch.device,
        graphs: GraphBackend | None = None,
    ) -> None:
        self.generator = generator
        self.data = data
        self._settings = settings
        self._processes = processes
        self._device = device
        self._order = SampleOrder(data.count, settings.seed)
        self._precision = Precision(settings.precision, device)
        self._features = ImageFeatures(settings.feature_taps).to(device)
        self._training_features = self._features
        if self._precision.dtype != torch.float32:
            self._training_features = self._features.convolving_in(self._precision.dtype)
            if settings.fused:
                generator.fuse()
        self._emphasised = torch.tensor(settings.emphasis_landmarks).to(device)
        self.average = AveragedWeights(generator)
        self._optimiser = torch.optim.Adam(
            generator.parameters(),
            lr=settings.learning_rate,
            betas=(settings.beta_1, settings.beta_2),
            fused=True,
        )
        self._graphs = graphs
        self._recorded: RecordedStep | None = None

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """The network on the averaged weights: what is exported."""
        return self.generator.with_weights(self.average.weights)

    @property
    def is_recorded(self) -> bool:
        """Whether the last step was a replay."""
        return self._recorded is not None and not self._recorded.refused

    def record_with(self, graphs: GraphBackend | None) -> None:
        """From the next step on; see `graphs_for`. None gives back what the recorded steps took."""
        self._forget_recorded()
        self._graphs = graphs

    def step(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        """One update on the next batch; see `Training`."""
        with fast_convolutions(self._device):
            losses = None if self._graphs is None else self._replayed(now, self._graphs)
            return self._launched(now, also) if losses is None else (losses, list(also))

    def _launched(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        """An update, one operation after the other."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._learning_rate(now)
        total, losses = self.loss(self.generator, now)
        self._optimiser.zero_grad(set_to_none=True)
        self._precision.backward(total)
        names = list(losses)
        numbers = [losses[name].detach() for name in names]
        averaged = self._processes.average_gradients(self.generator.parameters(), [*numbers, *also])
        self._precision.step(self._optimiser)
        self.average.follow(self.generator, ema_decay(now.step, self._settings))
        return dict(zip(names, averaged, strict=False)), averaged[len(names) :]

    def _replayed(self, now: Moment, graphs: GraphBackend) -> dict[str, Number] | None:
        """An update by a graph; None, and nothing has been done, where there can be none."""
        s = self._settings
        if self._recorded is None:
            changed = self._everything_that_changes()
            self._recorded = RecordedStep(graphs, self._update, changed, s.batch_size, self._device)
        indices = self._order.indices(now.step * s.batch_size, s.batch_size)
        numbers = (self._learning_rate(now), self._perceptual_weight(now), ema_decay(now.step, s))
        losses = self._recorded.step(indices, numbers, self._with_features(now))
        return None if losses is None else dict(zip(LOSSES, losses.unbind(), strict=False))

    def _update(self, told: StepNumbers, with_features: bool) -> Tensor:
        """What is recorded: an update in place. Returns the losses in the order of LOSSES."""
        # leaves of this recording's own: the parameters' would bring the stream along that they were made on
        leaves = {name: weight.detach().requires_grad_() for name, weight in self.generator.weights.items()}
        batch = self.data.gathered(told.indices)
        losses = self._terms(self.generator.with_weights(leaves), batch, with_features)
        total = self._total(losses, told.perceptual_weight)
        gradients = torch.autograd.grad(total, list(leaves.values()))
        for weight, gradient in zip(self.generator.parameters(), gradients, strict=True):
            weight.grad = gradient.contiguous()  # Adam's fused kernel wants one order in memory
        group = self._optimiser.param_groups[0]
        rate = group["lr"]
        # torch asks for the flag while it records, and warns of it elsewhere; a checkpoint knows of neither
        recording = self._device.type == "cuda" and torch.cuda.is_current_stream_capturing()
        group |= {"lr": told.learning_rate, "capturable": recording}
        try:
            self._optimiser.step()  # pyright: ignore[reportUnknownMemberType]
        finally:
            group |= {"lr": rate, "capturable": False}
        self._optimiser.zero_grad(set_to_none=True)
        self.average.follow(self.generator, told.ema_decay)
        return torch.stack([losses[name].detach() for name in LOSSES if name in losses])

    def _forget_recorded(self) -> None:
        if self._recorded is not None and self._graphs is not None:
            self._recorded = None
            self._graphs.release()

    def _everything_that_changes(self) -> list[Tensor]:
        """Weights, averages and Adam's moments, which begin here as Adam would begin them."""
        state = self._optimiser.state
        for weight in self.generator.parameters():
            if not state[weight]:
                moments = {name: torch.zeros_like(weight).detach() for name in ("exp_avg", "exp_avg_sq")}
                state[weight] = {"step": torch.zeros((), device=weight.device)} | moments
        moments = [tensor for weight in self.generator.parameters() for tensor in state[weight].values()]
        return [*self.generator.parameters(), *self.average.weights.values(), *moments]

    def loss(self, generator: TrainableGenerator, now: Moment) -> tuple[Tensor, dict[str, Tensor]]:
        """The paired loss of a generator on this process's part of the step's batch, and its terms."""
        s = self._settings
        everywhere = self._order.indices(now.step * s.batch_size, s.batch_size)
        batch = self.data.training_batch(everywhere[self._processes.share_of(s.batch_size)])
        losses = self._terms(generator, batch, self._with_features(now))
        return self._total(losses, self._perceptual_weight(now)), losses

    def _total(self, losses: dict[str, Tensor], perceptual_weight: Number) -> Tensor:
        total = losses["l1"] + self._settings.coarse_weight * losses["coarse_l1"]
        if "perceptual" in losses:
            total = total + perceptual_weight * losses["perceptual"]
        return total

    def _learning_rate(self, now: Moment) -> float:
        return self._settings.learning_rate * learning_rate_factor(now.step, now.share, self._settings)

    def _with_features(self, now: Moment) -> bool:
        return now.step % self._settings.perceptual_every == 0

    def _perceptual_weight(self, now: Moment) -> float:
        """Of the steps that have the term; it weighs as much more as there are steps without."""
        s = self._settings
        rise = s.perceptual_weight_end - s.perceptual_weight_start
        return (s.perceptual_weight_start + now.share * rise) * s.perceptual_every

    @torch.no_grad()
    def evaluate(self, generator: TrainableGenerator | None = None) -> tuple[dict[str, float], Tensor]:
        """Plain L1 and perceptual distances of the averaged generator (or another one) on pictures it was
        never trained on; the first of them above its own, and samples.

        A distance for every size at which pictures are compared: `held_out_perceptual` at their own,
        `held_out_perceptual_128` at 128 px.
        """
        generator = generator or self.averaged_generator
        losses: defaultdict[str, float] = defaultdict(float)
        shown: list[Tensor] = []
        batches = self.data.held_out_batches(EVALUATED_AT_ONCE)
        count = sum(len(batch.pictures) for batch in batches)
        for batch in batches:
            pictures = self._pictures(generator, batch.factors)
            share = len(pictures) / count
            # sync: written to the log
            losses["held_out_l1"] += share * (pictures - batch.pictures).abs().mean().item()
            for made, real in self._sizes(pictures, batch.pictures):
                name = "held_out_perceptual"
                if made is not pictures:
                    name += f"_{made.shape[-1]}"
                distance = perceptual_distance(self._features(made), self._features(real))
                losses[name] += share * distance.item()
            if not shown:
                rows = range(0, len(pictures) - 7, 8)
                shown = [p[i : i + 8] for i in rows for p in (batch.pictures, pictures)]
        return dict(losses), torch.cat([*shown, samples(generator)])

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        kept = generator_state(self.generator, self.average)
        return kept | {"optimiser": self._optimiser.state_dict(), "precision": self._precision.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state`."""
        restore_generator(self.generator, self.average, state)
        self._optimiser.load_state_dict(state["optimiser"])
        self._precision.restore(state.get("precision", {}))  # older checkpoints have none
        self._forget_recorded()  # they knew the moments by their place in memory

    def _terms(
        self, generator: TrainableGenerator, batch: PairedBatch, with_features: bool
    ) -> dict[str, Tensor]:
        s = self._settings
        made = self._pictures(generator, batch.factors, self._precision.dtype)
        resolution = self.data.resolution
        landmarks = batch.landmarks.index_select(1, self._emphasised)
        weight = emphasis_map(landmarks, resolution, s.emphasis, s.emphasis_radius)
        losses = {
            "l1": weighted_l1(made, batch.pictures, weight),
            "coarse_l1": coarse_l1(made, batch.pictures),
        }
        if with_features:
            distances = [self._feature_distance(*pair) for pair in self._sizes(made, batch.pictures)]
            losses["perceptual"] = torch.stack(distances).mean()
        return losses

    def _sizes(self, made: Tensor, real: Tensor) -> Iterable[tuple[Tensor, Tensor]]:
        """Both in every size in which their features are compared, their own first."""
        smallest = self._settings.features_from_px
        return zip(halvings(made, smallest), halvings(real, smallest), strict=True)

    def _feature_distance(self, made: Tensor, real: Tensor) -> Tensor:
        """What a step learns from, in its precision."""
        with torch.no_grad():
            real_maps = self._training_features(real)
        made_maps = self._training_features(made)
        made_maps, real_maps = ([m.float() for m in maps] for maps in (made_maps, real_maps))
        return perceptual_distance(made_maps, real_maps)

    def _pictures(
        self, generator: TrainableGenerator, factors: Tensor, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        # factors as they are: normalised ones would not tell a strong smile in a plain face from a weak one
        w = generator.map(factors, normalise=False)
        return generator.picture(w[:, None], dtype=dtype)
