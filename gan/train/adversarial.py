"""Adversarial training: StyleGAN2 as published (Karras et al. 2020), with ADA and frozen features on demand.

Every random number of a step follows from the seed and the step's number and is drawn for the whole batch,
of which each process takes its part: a run that goes on after a kill, or on two processes, repeats itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gan.image_features import ImageFeatures
from gan.train import adversarial_loss as loss
from gan.train.augment import augment
from gan.train.discriminator import Discriminator
from gan.train.generator import TrainableGenerator
from gan.train.half_synthesis import NoiseFor
from gan.train.picture_source import PictureSource
from gan.train.precision import Precision, fast_convolutions
from gan.train.processes import Number, Processes
from gan.train.projected import PROJECTED_TAPS, ProjectedDiscriminator
from gan.train.random_streams import device_stream, host_stream
from gan.train.settings import TrainSettings
from gan.train.training import AveragedWeights, Moment, generator_state, restore_generator, samples

SHEET_REAL = 8
ExtraLoss = Callable[[Moment], Tensor]


class AdversarialTraining:
    """Generator, discriminator, their optimisers, and the strength of the augmentation.

    generator, average: may be those of a paired training that this one follows. extra_loss: added to the
    generator's.
    """

    def __init__(
        self,
        generator: TrainableGenerator,
        average: AveragedWeights,
        source: PictureSource,
        settings: TrainSettings,
        processes: Processes,
        device: torch.device,
        extra_loss: ExtraLoss | None = None,
    ) -> None:
        self.generator = generator
        self.average = average
        self._source = source
        self._settings = settings
        self._extra_loss = extra_loss
        self._processes = processes
        self._device = device
        self._precision = Precision(settings.precision, device)
        resolution = generator.architecture.resolution
        self.discriminator: nn.Module
        if settings.frozen_features:
            features = ImageFeatures(PROJECTED_TAPS)
            self.discriminator = ProjectedDiscriminator(features, resolution, settings.seed)
        else:
            self.discriminator = Discriminator(generator.architecture, settings.seed)
        self.discriminator.to(device)
        self._d_weights = [p for p in self.discriminator.parameters() if p.requires_grad]
        s = settings
        self._uses_r1 = s.r1_every > 0 and not s.frozen_features
        self._g_optimiser = self._adam(generator.parameters(), s.path_length_every)
        self._d_optimiser = self._adam(self._d_weights, s.r1_every if self._uses_r1 else 0)
        standard = s.r1_gamma_scale * resolution**2 / s.batch_size
        self._r1_gamma = standard if s.r1_gamma is None else s.r1_gamma
        self._path_length_mean = torch.zeros((), device=device)
        self._augment_p = 0.0
        self._signs: list[Number] = []  # of D(real) since the augmentation was last adjusted

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """The network on the averaged weights: what is exported."""
        return self.generator.with_weights(self.average.weights)

    def step(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        """One update of D and one of G, with their regularisation where it is due; see `Training`."""
        with fast_convolutions(self._device):
            return self._updated(now, also)

    def _updated(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        s = self._settings
        losses, others = self._discriminator_step(now.step, also)
        if self._uses_r1 and now.step % s.r1_every == 0:
            losses |= self._r1_step(now.step)
        losses |= self._generator_step(now)
        if s.path_length_every > 0 and now.step % s.path_length_every == 0:
            losses |= self._path_length_step(now.step)
        self._adjust_augmentation()
        seen = (now.step + 1) * self._settings.batch_size
        half_life = min(s.ema_half_life, s.ema_ramp_up * seen)
        self.average.follow(self.generator, 0.5 ** (self._settings.batch_size / max(half_life, 1e-8)))
        return losses | {"augment_p": self._augment_p}, others

    @torch.no_grad()
    def evaluate(self) -> tuple[dict[str, float], Tensor]:
        """Real pictures above samples of the averaged generator; nothing is measured (gan/evaluate does)."""
        real = self._source.pictures(0, SHEET_REAL, slice(None))
        return {}, torch.cat([real, samples(self.averaged_generator)])

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        kept = generator_state(self.generator, self.average)
        return kept | {
            "discriminator": _without_features(self.discriminator.state_dict()),
            "g_optimiser": self._g_optimiser.state_dict(),
            "d_optimiser": self._d_optimiser.state_dict(),
            "path_length_mean": self._path_length_mean,
            "augment_p": self._augment_p,
            "signs": [float(sign) for sign in self._signs],
            "precision": self._precision.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state`."""
        restore_generator(self.generator, self.average, state)
        own = self.discriminator.state_dict()
        self.discriminator.load_state_dict(own | state["discriminator"])
        self._g_optimiser.load_state_dict(state["g_optimiser"])
        self._d_optimiser.load_state_dict(state["d_optimiser"])
        self._path_length_mean.copy_(state["path_length_mean"])
        self._augment_p = float(state["augment_p"])
        self._signs = list(state["signs"])
        self._precision.restore(state["precision"])

    def _adam(self, weights: list[Tensor] | list[nn.Parameter], lazy_every: int) -> torch.optim.Adam:
        """Adam for a network that is also updated once in `lazy_every` steps by its regularisation: slower
        by k / (k + 1), as published, since it makes k + 1 updates in k steps."""
        s = self._settings
        ratio = lazy_every / (lazy_every + 1) if lazy_every > 0 else 1.0
        rate = s.adversarial_learning_rate * ratio
        betas = (s.adversarial_beta_1**ratio, s.adversarial_beta_2**ratio)
        return torch.optim.Adam(weights, lr=rate, betas=betas, eps=s.adversarial_epsilon, fused=True)

    def _discriminator_step(
        self, step: int, also: tuple[float, ...]
    ) -> tuple[dict[str, Number], list[Number]]:
        dtype = self._precision.dtype
        with torch.no_grad():
            made = self._generated(step, "d", self._settings.batch_size, dtype)[0]
        real = self._real(step)
        with self._precision.autocast():
            fake_logits = self.discriminator(self._augmented(made, step, "fake"))
            real_logits = self.discriminator(self._augmented(real, step, "real"))
        hinge = self._settings.frozen_features
        total = (loss.hinge_d_loss if hinge else loss.logistic_d_loss)(real_logits, fake_logits)
        signs = [logits.detach().sign().mean() for logits in (real_logits, fake_logits)]
        numbers = [total.detach(), *signs]
        averaged = self._update(self._d_optimiser, self._d_weights, total, [*numbers, *also])
        self._signs.append(averaged[1])
        names = ("d_loss", "d_real_sign", "d_fake_sign")
        return dict(zip(names, averaged, strict=False)), averaged[len(names) :]

    def _r1_step(self, step: int) -> dict[str, Number]:
        # the slope at the pictures themselves, through the augmentation: with it D is one function of them
        # (ADA, figure 2), and a slope at augmented ones would be weaker where contrast or size were changed
        real = self._real(step).requires_grad_()
        penalty = loss.r1_penalty(self.discriminator(self._augmented(real, step, "real")), real)
        total = penalty * self._r1_gamma * self._settings.r1_every
        (value,) = self._update(self._d_optimiser, self._d_weights, total, [penalty.detach()])
        return {"r1": value}

    def _generator_step(self, now: Moment) -> dict[str, Number]:
        made, _ = self._generated(now.step, "g", self._settings.batch_size, self._precision.dtype)
        for weight in self._d_weights:
            weight.requires_grad_(False)
        with self._precision.autocast():
            logits = self.discriminator(self._augmented(made, now.step, "made"))
        hinge = self._settings.frozen_features
        total = (loss.hinge_g_loss if hinge else loss.logistic_g_loss)(logits)
        value = total.detach()
        if self._extra_loss is not None:
            total = total + self._extra_loss(now)
        (value,) = self._update(self._g_optimiser, self.generator.parameters(), total, [value])
        for weight in self._d_weights:
            weight.requires_grad_()
        return {"g_loss": value}

    def _path_length_step(self, step: int) -> dict[str, Number]:
        s = self._settings
        least = self._processes.count
        count = max(s.batch_size // s.path_length_shrink // least, 1) * least
        made, w_plus = self._generated(step, "path", count)
        part = self._processes.share_of(count)
        stream = device_stream(self._settings.seed, step, "path noise", self._device)
        size = (count, *made.shape[1:])
        noise = torch.randn(size, generator=stream, device=self._device)[part]
        lengths = loss.path_lengths(made, w_plus, noise)
        mean = self._processes.average(lengths.mean())
        self._path_length_mean.lerp_(mean, s.path_length_decay)
        penalty = loss.path_length_penalty(lengths, self._path_length_mean)
        total = penalty * s.path_length_weight * s.path_length_every
        numbers = [penalty.detach(), lengths.detach().mean()]
        values = self._update(self._g_optimiser, self.generator.parameters(), total, numbers)
        return dict(zip(("path_length_penalty", "path_length"), values, strict=True))

    def _update(
        self,
        optimiser: torch.optim.Adam,
        weights: list[Tensor] | list[nn.Parameter],
        total: Tensor,
        also: Sequence[Number],
    ) -> list[Number]:
        """Backward, average over the processes, one step of the optimiser."""
        optimiser.zero_grad(set_to_none=True)
        self._precision.backward(total)
        averaged = self._processes.average_gradients(weights, also)
        self._precision.step(optimiser)
        return averaged

    def _generated(
        self, step: int, purpose: str, count: int, dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Tensor]:
        """This process's part of `count` pictures, and their w_plus."""
        part = self._processes.share_of(count)
        w_plus = self._mixed_w_plus(step, purpose, count)
        noise_for = self._fresh_noise(step, purpose, count, part)
        return self.generator.picture(w_plus, noise_for, dtype), w_plus

    def _mixed_w_plus(self, step: int, purpose: str, count: int) -> Tensor:
        """w_plus (N, num_ws, w_dim); some pictures hear a second w from a random row on (style mixing)."""
        g = self.generator
        stream = host_stream(self._settings.seed, step, purpose)
        z = torch.randn(2, count, g.architecture.z_dim, generator=stream)
        mixed = torch.rand(count, generator=stream) < self._settings.style_mixing
        rows = g.architecture.num_ws
        crossover = torch.randint(1, rows, (count,), generator=stream)
        crossover = torch.where(mixed, crossover, rows)
        part = self._processes.share_of(count)
        z, crossover = z[:, part].to(self._device), crossover[part].to(self._device)
        first, second = g.map(z.flatten(0, 1)).view(2, -1, g.architecture.w_dim)
        is_first = torch.arange(rows, device=self._device) < crossover[:, None]  # (N, num_ws)
        return torch.where(is_first[:, :, None], first[:, None], second[:, None])

    def _fresh_noise(self, step: int, purpose: str, count: int, part: slice) -> NoiseFor:
        """Random noise of every layer, instead of the stored one that a generator is shown with."""
        stream = device_stream(self._settings.seed, step, f"{purpose} noise", self._device)

        def noise_for(stored: Tensor, strength: Tensor) -> Tensor:
            size = (count, 1, *stored.shape[-2:])
            return torch.randn(size, generator=stream, device=self._device)[part] * strength

        return noise_for

    def _real(self, step: int) -> Tensor:
        count = self._settings.batch_size
        return self._source.pictures(step * count, count, self._processes.share_of(count))

    def _augmented(self, pictures: Tensor, step: int, purpose: str) -> Tensor:
        if self._augment_p == 0:
            return pictures
        count = self._settings.batch_size
        stream = host_stream(self._settings.seed, step, f"augment {purpose}")
        return augment(
            pictures,
            self._augment_p,
            stream,
            (count, self._processes.share_of(count)),
            self._settings.augment,
        )

    def _adjust_augmentation(self) -> None:
        """Stronger where D is too sure of the real pictures, weaker where it is not (ADA's r_t)."""
        s = self._settings
        if s.augment_target is None or len(self._signs) < s.augment_every:
            return
        # sync: once in augment_every steps, to choose how strong the next ones are
        r_t = sum(float(sign) for sign in self._signs) / len(self._signs)
        change = len(self._signs) * self._settings.batch_size / s.augment_pictures_to_full
        stronger = 1 if r_t > s.augment_target else -1
        self._augment_p = min(max(self._augment_p + stronger * change, 0.0), s.augment_limit)
        self._signs = []


def _without_features(state: dict[str, Any]) -> dict[str, Any]:
    """Frozen weights of the package need no place in a checkpoint."""
    return {name: tensor for name, tensor in state.items() if not name.startswith("_features.")}
